import type { KernelFile } from '../kernel-file.ts';
import type { Recorder } from '../recorder.ts';
import { COLON } from '../text.ts';
import type { Collector, Host } from './collector.ts';
import { procFile } from './collector.ts';

/** node_exporter's default choice out of some 400 counters. */
const WANTED =
  /^(?:\w*_(?:InErrors|InErrs)|Ip_Forwarding|Ip(?:6|Ext)_(?:InOctets|OutOctets)|Icmp6?_(?:InMsgs|OutMsgs)|TcpExt_(?:Listen\w*|Syncookies\w*|TCPSynRetrans|TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)|Tcp_(?:ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)|Udp6?_(?:InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$/;

/** The wanted columns of one protocol's line: the metric's name, or '' for a column that isn't wanted. */
interface Columns {
  readonly header: Buffer;
  readonly names: readonly string[];
}

/** Counters of the network protocols: /proc/net/netstat, snmp and snmp6. */
export function netstatCollector(host: Host): Collector {
  const paired = [procFile(host, 'net/netstat'), procFile(host, 'net/snmp')];
  const single = procFile(host, 'net/snmp6');
  const known = new Map<string, Columns>();
  return {
    name: 'netstat',
    collect(out) {
      for (const file of paired) putPaired(out, file, known);
      putSingle(out, single);
    },
  };
}

/** `Tcp: RtoMin InSegs\nTcp: 200 15220\n`: a line of names, then one of values. */
function putPaired(out: Recorder, file: KernelFile, known: Map<string, Columns>): void {
  const text = file.read();
  while (text?.nextLine()) {
    const protocol = text.before(COLON);
    const header = text.bytes.subarray(text.pos, text.lineEnd);
    let columns = known.get(protocol);
    if (columns === undefined || columns.header.compare(header) !== 0) {
      columns = columnsOf(protocol, header);
      if (/^\w+$/.test(protocol)) known.set(protocol, columns);
    }
    if (!text.nextLine()) return;
    if (text.before(COLON) !== protocol) continue;
    for (const name of columns.names) {
      if (name === '') text.skipWords(1);
      else out.put(name, text.number());
    }
  }
}

function columnsOf(protocol: string, header: Buffer): Columns {
  const names = header
    .toString('latin1')
    .trim()
    .split(/\s+/)
    .map((field) => nameOf(protocol, field));
  while (names.at(-1) === '') names.pop();
  return { header: Buffer.from(header), names };
}

/** `Udp6InDatagrams <tab> 0`, a line a counter. */
function putSingle(out: Recorder, file: KernelFile): void {
  const text = file.read();
  while (text?.nextLine()) {
    const key = text.word();
    const six = key.indexOf('6') + 1;
    const name = six === 0 ? '' : nameOf(key.slice(0, six), key.slice(six));
    if (name !== '') out.put(name, text.number());
  }
}

function nameOf(protocol: string, field: string): string {
  return WANTED.test(`${protocol}_${field}`) ? `node_netstat_${protocol}_${field}` : '';
}

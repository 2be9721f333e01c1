import type { Labels } from '../../../wire/labels.ts';
import type { KernelFile } from '../kernel-file.ts';
import { COLON } from '../text.ts';
import type { Collector, Host } from './collector.ts';
import { procFile } from './collector.ts';

/** By the kernel's number of a state (include/net/tcp_states.h), in node_exporter's words. */
const STATES: readonly string[] = [
  '',
  'established',
  'syn_sent',
  'syn_recv',
  'fin_wait1',
  'fin_wait2',
  'time_wait',
  'close',
  'close_wait',
  'last_ack',
  'listen',
  'closing',
];
const TX_QUEUED = STATES.length;
const RX_QUEUED = STATES.length + 1;
const LABELS: readonly Labels[] = [...STATES, 'tx_queued_bytes', 'rx_queued_bytes'].map((state) => [
  'state',
  state,
]);

/**
 * One look costs milliseconds even without a single connection, because the kernel walks its whole hash
 * table; so IPv4 and IPv6 take turns, and each is looked at every third tick.
 */
const TURNS = 3;

/** TCP connections by state: /proc/net/tcp and tcp6. Left out on a host with more sockets than the limit. */
export function tcpstatCollector(host: Host): Collector {
  const sockstat = procFile(host, 'net/sockstat');
  const tables = ['net/tcp', 'net/tcp6'].map((path) => ({
    file: procFile(host, path),
    counts: new Float64Array(LABELS.length),
  }));
  let turn = 0;
  let known = false;
  let told = false;
  return {
    name: 'tcpstat',
    collect(out) {
      const sockets = tcpSockets(sockstat);
      if (sockets > host.maxTcpSockets) {
        if (!told)
          host.log.warn('too many TCP sockets, states are left out', { sockets, max: host.maxTcpSockets });
        told = true;
        known = false;
        return;
      }
      tables.forEach(({ file, counts }, i) => {
        if (!known || turn % TURNS === i) countStates(file, counts);
      });
      known = true;
      turn++;
      for (let state = 1; state < LABELS.length; state++) {
        const count = tables.reduce((sum, table) => sum + (table.counts[state] as number), 0);
        out.put('node_tcp_connection_states', count, LABELS[state]);
      }
    },
  };
}

/** Sockets that a look would list: those in use and those waiting out their time. */
function tcpSockets(sockstat: KernelFile): number {
  const text = sockstat.read();
  let sockets = 0;
  while (text?.nextLine()) {
    if (!text.before(COLON).startsWith('TCP')) continue;
    for (let field = text.word(); field !== ''; field = text.word()) {
      const value = text.number();
      if (field === 'inuse' || field === 'tw') sockets += value;
    }
  }
  return sockets;
}

/** Columns: `sl local_address rem_address st tx_queue:rx_queue ...`, hexadecimal. */
function countStates(file: KernelFile, counts: Float64Array): void {
  counts.fill(0);
  const text = file.read();
  if (!text?.nextLine()) return;
  while (text.nextLine()) {
    text.skipWords(3);
    const state = text.hex();
    const transmit = text.hex();
    text.pos++;
    const receive = text.hex();
    if (!(state >= 1 && state < STATES.length)) continue;
    counts[state] = (counts[state] as number) + 1;
    if (transmit >= 0) counts[TX_QUEUED] = (counts[TX_QUEUED] as number) + transmit;
    if (receive >= 0) counts[RX_QUEUED] = (counts[RX_QUEUED] as number) + receive;
  }
}

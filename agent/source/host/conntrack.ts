import type { Collector, Host } from './collector.ts';
import { numberIn, procFile } from './collector.ts';

const COUNTERS = [
  'found',
  'invalid',
  'ignore',
  'insert',
  'insert_failed',
  'drop',
  'early_drop',
  'search_restart',
];

/** The table of tracked connections; the counters come as hexadecimal columns, one line a CPU. */
export function conntrackCollector(host: Host): Collector {
  const count = procFile(host, 'sys/net/netfilter/nf_conntrack_count');
  const limit = procFile(host, 'sys/net/netfilter/nf_conntrack_max');
  const perCpu = procFile(host, 'net/stat/nf_conntrack');
  return {
    name: 'conntrack',
    collect(out) {
      out.put('node_nf_conntrack_entries', numberIn(count));
      out.put('node_nf_conntrack_entries_limit', numberIn(limit));
      const text = perCpu.read();
      if (!text?.nextLine()) return;
      const header = text.rest().split(/\s+/);
      const sums = new Float64Array(header.length);
      while (text.nextLine())
        for (let i = 0; i < header.length; i++) sums[i] = (sums[i] as number) + text.hex();
      for (const name of COUNTERS) {
        const column = header.indexOf(name);
        if (column >= 0) out.put(`node_nf_conntrack_stat_${name}`, sums[column] as number);
      }
    },
  };
}

import type { Collector, Host } from './collector.ts';
import { procFile } from './collector.ts';

/** node_exporter's default choice. */
const WANTED = /^(?:oom_kill|pgpg|pswp|pg\w*fault)\w*$/;
const LOWER_O = 111;
const LOWER_P = 112;

/** Paging, swapping and OOM kills since boot: /proc/vmstat. */
export function vmstatCollector(host: Host): Collector {
  const file = procFile(host, 'vmstat');
  return {
    name: 'vmstat',
    collect(out) {
      const text = file.read();
      while (text?.nextLine()) {
        // Fast path: most of the 190 lines begin with another letter.
        const first = text.peek();
        if (first !== LOWER_P && first !== LOWER_O) continue;
        const key = text.word();
        if (WANTED.test(key)) out.put(`node_vmstat_${key}`, text.number());
      }
    },
  };
}

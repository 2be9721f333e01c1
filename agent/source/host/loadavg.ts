import type { Collector, Host } from './collector.ts';
import { procFile } from './collector.ts';

/** Load averages: /proc/loadavg. */
export function loadavgCollector(host: Host): Collector {
  const file = procFile(host, 'loadavg');
  return {
    name: 'loadavg',
    collect(out) {
      const text = file.read();
      if (!text?.nextLine()) return;
      out.put('node_load1', text.number());
      out.put('node_load5', text.number());
      out.put('node_load15', text.number());
    },
  };
}

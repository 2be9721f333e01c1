import type { Collector, Host } from './collector.ts';
import { procFile } from './collector.ts';

/** Neighbours known by device: /proc/net/arp. */
export function arpCollector(host: Host): Collector {
  const file = procFile(host, 'net/arp');
  return {
    name: 'arp',
    collect(out) {
      const text = file.read();
      if (!text?.nextLine()) return;
      const entries = new Map<string, number>();
      while (text.nextLine()) {
        text.skipWords(5);
        const device = text.word();
        if (device !== '') entries.set(device, (entries.get(device) ?? 0) + 1);
      }
      for (const [device, count] of entries) out.put('node_arp_entries', count, ['device', device]);
    },
  };
}

import type { Labels } from '../../../wire/labels.ts';
import type { Collector, Host } from './collector.ts';
import { procFile } from './collector.ts';

const CPU_COLUMN = 12;

/** Packets taken from the cards by each CPU: /proc/net/softnet_stat, hexadecimal columns. */
export function softnetCollector(host: Host): Collector {
  const file = procFile(host, 'net/softnet_stat');
  return {
    name: 'softnet',
    collect(out) {
      const text = file.read();
      for (let line = 0; text?.nextLine(); line++) {
        const processed = text.hex();
        const dropped = text.hex();
        const squeezed = text.hex();
        text.skipWords(CPU_COLUMN - 3);
        // Kernels before 5.10 don't name the CPU; then lines count the CPUs that are online.
        const cpu = text.hex();
        const labels: Labels = ['cpu', String(Number.isFinite(cpu) ? cpu : line)];
        out.put('node_softnet_processed_total', processed, labels);
        out.put('node_softnet_dropped_total', dropped, labels);
        out.put('node_softnet_times_squeezed_total', squeezed, labels);
      }
    },
  };
}

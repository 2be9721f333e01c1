import { join } from 'node:path';

import { pressureSeconds } from '../pressure-line.ts';
import type { Collector, Host } from './collector.ts';

/** node_exporter has no `full` for CPU (of a whole system it is always 0) and no `some` for interrupts. */
const RESOURCES = [
  { file: 'cpu', waiting: 'node_pressure_cpu_waiting_seconds_total', stalled: '' },
  {
    file: 'io',
    waiting: 'node_pressure_io_waiting_seconds_total',
    stalled: 'node_pressure_io_stalled_seconds_total',
  },
  {
    file: 'memory',
    waiting: 'node_pressure_memory_waiting_seconds_total',
    stalled: 'node_pressure_memory_stalled_seconds_total',
  },
  { file: 'irq', waiting: '', stalled: 'node_pressure_irq_stalled_seconds_total' },
] as const;

/** Pressure stall information: /proc/pressure. */
export function pressureCollector(host: Host): Collector {
  const files = RESOURCES.map((resource) => host.files.file(join(host.procRoot, 'pressure', resource.file)));
  return {
    name: 'pressure',
    collect(out) {
      RESOURCES.forEach(({ waiting, stalled }, i) => {
        const text = files[i]?.read();
        while (text?.nextLine()) {
          const kind = text.word();
          const name = kind === 'some' ? waiting : kind === 'full' ? stalled : '';
          if (name !== '') out.put(name, pressureSeconds(text));
        }
      });
    },
  };
}

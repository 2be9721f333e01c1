import type { Collector, Host } from './collector.ts';

/** The host's clock, to be compared with other clocks. */
export function timeCollector(host: Host): Collector {
  return {
    name: 'time',
    collect(out) {
      out.put('node_time_seconds', host.clock.nowMs() / 1000);
    },
  };
}

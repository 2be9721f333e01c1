import type { Collector, Host } from './collector.ts';
import { numberIn, procFile } from './collector.ts';

/** The kernel's entropy pool. */
export function entropyCollector(host: Host): Collector {
  const available = procFile(host, 'sys/kernel/random/entropy_avail');
  const poolSize = procFile(host, 'sys/kernel/random/poolsize');
  return {
    name: 'entropy',
    collect(out) {
      out.put('node_entropy_available_bits', numberIn(available));
      out.put('node_entropy_pool_size_bits', numberIn(poolSize));
    },
  };
}

import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import type { Labels } from '../../../wire/labels.ts';
import type { KernelFile } from '../kernel-file.ts';
import { slowly } from '../slowly.ts';
import type { Collector, Host } from './collector.ts';
import { numberIn } from './collector.ts';

interface Counter {
  readonly name: string;
  readonly labels: Labels;
  readonly file: KernelFile;
}

/** How often CPUs were slowed down because they were too hot; Intel's alone tell. */
export function thermalThrottleCollector(host: Host): Collector {
  const isSlowTick = slowly();
  let counters: readonly Counter[] = [];
  return {
    name: 'thermal_throttle',
    collect(out) {
      if (counters.length === 0 && isSlowTick()) counters = findCounters(host);
      for (const { name, labels, file } of counters) out.put(name, numberIn(file), labels);
    },
  };
}

/** Threads of one core and cores of one package share a counter, so each comes once. */
function findCounters(host: Host): Counter[] {
  const root = join(host.sysRoot, 'devices/system/cpu');
  const counters = new Map<string, Counter>();
  const add = (cpu: string, part: string, labels: Labels): void => {
    const key = `${part} ${labels.join(' ')}`;
    if (counters.has(key)) return;
    const file = host.files.file(join(root, cpu, 'thermal_throttle', `${part}_throttle_count`));
    counters.set(key, { name: `node_cpu_${part}_throttles_total`, labels, file });
  };
  for (const cpu of readdirSync(root).filter((name) => /^cpu\d+$/.test(name))) {
    const core = host.files.lineOf(join(root, cpu, 'topology/core_id'));
    const packageId = host.files.lineOf(join(root, cpu, 'topology/physical_package_id'));
    const probe = host.files.lineOf(join(root, cpu, 'thermal_throttle/core_throttle_count'));
    if (core === '' || packageId === '' || probe === '') continue;
    add(cpu, 'core', ['core', core, 'package', packageId]);
    add(cpu, 'package', ['package', packageId]);
  }
  return [...counters.values()];
}

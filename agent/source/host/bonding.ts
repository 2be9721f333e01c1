import { join } from 'node:path';

import type { Labels } from '../../../wire/labels.ts';
import type { Collector, Host } from './collector.ts';

/** Network devices bonded to one: how many slaves each master has, and how many have a link. */
export function bondingCollector(host: Host): Collector {
  const root = join(host.sysRoot, 'class/net');
  const masters = host.files.file(join(root, 'bonding_masters'));
  return {
    name: 'bonding',
    collect(out) {
      const text = masters.read();
      if (!text?.nextLine()) return;
      for (const master of text.rest().split(/\s+/).filter(isDeviceName)) {
        const slaves = host.files
          .lineOf(join(root, master, 'bonding/slaves'))
          .split(/\s+/)
          .filter(isDeviceName);
        const isUp = (slave: string): boolean =>
          host.files.lineOf(join(root, master, `lower_${slave}`, 'bonding_slave/mii_status')) === 'up';
        const labels: Labels = ['master', master];
        out.put('node_bonding_slaves', slaves.length, labels);
        out.put('node_bonding_active', slaves.filter(isUp).length, labels);
      }
    },
  };
}

function isDeviceName(name: string): boolean {
  return /^[^/\s\0]{1,15}$/.test(name) && name !== '.' && name !== '..';
}

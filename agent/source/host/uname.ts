import { machine } from 'node:os';
import { join } from 'node:path';

import type { Labels } from '../../../wire/labels.ts';
import { slowly } from '../slowly.ts';
import type { Collector, Host } from './collector.ts';

/** Label and file below /proc/sys/kernel. */
const FILES: readonly (readonly [label: string, file: string])[] = [
  ['domainname', 'domainname'],
  ['nodename', 'hostname'],
  ['release', 'osrelease'],
  ['sysname', 'ostype'],
  ['version', 'version'],
];

/** What uname(2) says, and which program tells the metrics of this host. */
export function unameCollector(host: Host): Collector {
  const isSlowTick = slowly();
  const build: Labels = ['version', host.version];
  let labels: Labels = [];
  return {
    name: 'uname',
    collect(out) {
      if (isSlowTick()) {
        const line = (file: string): string => host.files.lineOf(join(host.procRoot, 'sys/kernel', file));
        labels = [...FILES.flatMap(([label, file]) => [label, line(file)]), 'machine', machine()];
      }
      out.put('node_uname_info', 1, labels);
      out.put('node_exporter_build_info', 1, build);
    },
  };
}

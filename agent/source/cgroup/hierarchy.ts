import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

/** One mounted tree of cgroups. */
export interface Hierarchy {
  readonly path: string;
  readonly version: 1 | 2;
  /** Controllers of a v1 hierarchy; v2 has one tree for all, and each cgroup shows by its files what it has. */
  readonly controllers: readonly string[];
}

/**
 * The hierarchies below a root that is v2 itself, or a folder of v1 mounts by controllers, which in hybrid
 * mode has a v2 mount beside them (`unified`). The one that finds containers soonest comes first: memory.
 */
export function findHierarchies(cgroupRoot: string): Hierarchy[] {
  if (existsSync(join(cgroupRoot, 'cgroup.controllers'))) {
    return [{ path: cgroupRoot, version: 2, controllers: [] }];
  }
  const found = new Map<string, Hierarchy>();
  for (const name of namesIn(cgroupRoot)) {
    // `cpu` and `cpuacct` often are links to `cpu,cpuacct`.
    const path = realPath(join(cgroupRoot, name));
    if (path === '' || found.has(path)) continue;
    if (existsSync(join(path, 'cgroup.controllers'))) found.set(path, { path, version: 2, controllers: [] });
    else if (existsSync(join(path, 'cgroup.procs'))) {
      found.set(path, { path, version: 1, controllers: (path.split('/').at(-1) as string).split(',') });
    }
  }
  const isMemory = (hierarchy: Hierarchy): number => (hierarchy.controllers.includes('memory') ? 0 : 1);
  return [...found.values()].sort((a, b) => isMemory(a) - isMemory(b));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return '';
  }
}

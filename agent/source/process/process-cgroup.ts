import type { KernelFiles } from '../kernel-file.ts';
import type { Text } from '../text.ts';

/**
 * The cgroup of a process as the cgroup source names it (label `id`), out of /proc/<pid>/cgroup, whose
 * lines are `hierarchy:controllers:path`. On v2 there is one line, `0::/path`. With v1 the memory
 * controller decides, as it is where containers are measured; then the first that isn't the root.
 */
export function parseProcessCgroup(text: Text): string {
  let unified = '';
  let other = '';
  while (text.nextLine()) {
    const [, controllers, ...rest] = text.rest().split(':');
    const path = rest.join(':');
    if (controllers === undefined || !path.startsWith('/')) continue;
    if (controllers.split(',').includes('memory')) return path;
    if (controllers === '') unified = path;
    else if (other === '' || other === '/') other = path;
  }
  return unified === '' || (unified === '/' && other !== '') ? other : unified;
}

export function cgroupOfProcess(files: KernelFiles, procRoot: string, pid: number): string {
  const text = files.readOnce(`${procRoot}/${pid}/cgroup`);
  return text === undefined ? '' : parseProcessCgroup(text);
}

import { readFileSync } from 'node:fs';

/** More are never worth their memory in the kernel. */
const MOST = 8192;

/**
 * How many descriptors each of the three sources may keep open: a quarter of what the process may have, so that
 * connections, the spool and, in one process, the store always find theirs. Node has raised the soft limit to
 * the hard one by then. `limits` is the content of /proc/self/limits.
 */
export function maxKeptFiles(limits: string): number {
  const limit = Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? NaN);
  return Number.isNaN(limit) ? MOST : Math.min(MOST, Math.floor(limit / 4));
}

/** The limits of this process; empty where there is no /proc. */
export function readOwnLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return '';
  }
}

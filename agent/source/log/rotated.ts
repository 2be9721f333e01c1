import { readdirSync, statSync, type Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * What log rotation puts behind a name: `.1`, `-20261120`, `.2026-11-20`, `.20261120-093102`, `-1795167062`,
 * `.old`. Compressed ones are none.
 */
const ROTATED = /^[.-](?:\d[\dTZ_:.-]*|old)$/;
const ROTATED_NAME =
  /.(?:\.\d{1,3}|[.-](?:\d{8}(?:[T_-]?\d{2,6})?|\d{4}-\d\d-\d\d(?:[T_-][\d:.-]+)?|\d{10}|old))$/;
const COMPRESSED = /\.(?:gz|bz2|xz|zst|lz4|lzma|Z|zip|7z|br)$/;
const NO_LOGS = new Set(['wtmp', 'btmp', 'lastlog', 'faillog', 'tallylog', 'utmp']);

/** A file beside another that may be an earlier one of the same name. */
export interface RotatedFile {
  readonly path: string;
  readonly stats: Stats;
}

/** Files that rotation of `path` has left beside it, the oldest first. */
export function rotatedFiles(path: string): RotatedFile[] {
  const [folder, name] = [dirname(path), basename(path)];
  const found: RotatedFile[] = [];
  for (const other of namesIn(folder)) {
    if (!other.startsWith(name) || !ROTATED.test(other.slice(name.length))) continue;
    const stats = statOf(join(folder, other));
    if (stats?.isFile()) found.push({ path: join(folder, other), stats });
  }
  return found.sort((a, b) => a.stats.mtimeMs - b.stats.mtimeMs || byName(a.path, b.path));
}

/** Is a name, found by a wildcard, that of a file to follow: not a rotated, compressed or binary one? */
export function isLogName(path: string): boolean {
  const name = basename(path);
  return !ROTATED_NAME.test(name) && !COMPRESSED.test(name) && !NO_LOGS.has(name) && !name.startsWith('.');
}

/** Undefined when it is not there or can't be reached. */
export function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

const NUMBERED = /\.(\d{1,3})$/;

/** Of the same time of writing: `.2` is before `.1`, and `-20261119` before `-20261120`. */
function byName(a: string, b: string): number {
  const [one, other] = [NUMBERED.exec(a)?.[1], NUMBERED.exec(b)?.[1]];
  if (one !== undefined && other !== undefined) return Number(other) - Number(one);
  return a < b ? -1 : 1;
}

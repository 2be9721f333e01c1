/**
 * The real components that tests and benches run against, all from Debian. What is unpacked lies in a cache
 * of the user and is neither installed nor started; only the browser is installed, because it needs its
 * libraries, fonts and sandbox in their places.
 *
 * The unpacked programs need no library that Debian's own dpkg does not need too (libc6, libzstd1), so they
 * start from where they lie; the check by `--version` shows at once if that is no longer so.
 */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

export interface Peer {
  /** Debian's name of the package. */
  readonly package: string;
  /** Its programs in /usr/bin that we run. */
  readonly programs: readonly string[];
  /** Unpacked into the cache, or installed by apt-get. */
  readonly how: 'unpack' | 'install';
  readonly neededBy: 'tests' | 'benches';
  readonly why: string;
}

export const PEERS = [
  {
    package: 'prometheus',
    programs: ['prometheus', 'promtool'],
    how: 'unpack',
    neededBy: 'tests',
    why: 'sends us remote write, answers the same PromQL, checks expositions and rule files',
  },
  {
    package: 'prometheus-node-exporter',
    programs: ['prometheus-node-exporter'],
    how: 'unpack',
    neededBy: 'tests',
    why: "the host's metrics by their usual names, and what an agent's cost is measured against",
  },
  {
    package: 'prometheus-alertmanager',
    programs: ['prometheus-alertmanager', 'amtool'],
    how: 'unpack',
    neededBy: 'tests',
    why: 'receives alerts, checks routing and its API',
  },
  {
    package: 'victoria-metrics',
    programs: ['victoria-metrics'],
    how: 'unpack',
    neededBy: 'benches',
    why: 'the store that ours is measured against',
  },
  {
    package: 'chromium',
    programs: ['chromium'],
    how: 'install',
    neededBy: 'tests',
    why: 'opens the web page in the browser tests',
  },
  {
    package: 'strace',
    programs: ['strace'],
    // Needs libunwind8 beside it.
    how: 'install',
    neededBy: 'tests',
    why: 'records what reaches the disk, and makes system calls fail or wait',
  },
] as const satisfies readonly Peer[];

export type ProgramName = (typeof PEERS)[number]['programs'][number];

/** Where packages are unpacked: `<cache>/<package>/usr/bin/<program>`. */
export function cacheFolder(): string {
  return join(homedir(), '.cache', 'binnacle');
}

/**
 * The absolute path of a peer's program: from the cache, else from `searchPath` (as in $PATH), so that other
 * systems and hosts that have it installed do too. Undefined when it is in neither.
 */
export function findProgram(
  peer: Peer,
  program: string,
  cache: string,
  searchPath: string,
): string | undefined {
  const folders = searchPath.split(delimiter).filter((folder) => folder !== '');
  return [join(cache, peer.package, 'usr/bin'), ...folders]
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path));
}

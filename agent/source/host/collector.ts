import { join } from 'node:path';

import type { Clock } from '../../../lib/clock.ts';
import type { Log } from '../../../lib/log.ts';
import type { KernelUnits } from '../auxv.ts';
import type { KernelFile, KernelFiles } from '../kernel-file.ts';
import type { ProcessTable } from '../process/process-table.ts';
import type { Recorder } from '../recorder.ts';
import type { FilesystemLimits } from './filesystem.ts';

/** A yes or no about a name; a RegExp is one, and so is a compiled RE2 pattern. */
export interface NameTest {
  test(name: string): boolean;
}

/** What the collectors of a host read from. */
export interface Host {
  readonly files: KernelFiles;
  readonly procRoot: string;
  readonly sysRoot: string;
  /** Where the host's root file system is seen: `/`, or the mount of it in a container. */
  readonly rootfs: string;
  readonly units: KernelUnits;
  readonly processes: ProcessTable;
  readonly clock: Clock;
  readonly log: Log;
  /** Version of this program. */
  readonly version: string;
  readonly excludeDisks: NameTest;
  readonly excludeNetworkDevices: NameTest;
  readonly filesystems: FilesystemLimits;
  readonly maxTcpSockets: number;
}

/**
 * One part of the host's metrics, in node_exporter's names and labels. `collect` puts what it finds; what
 * isn't there is left out. Whatever it throws costs this collector's series of this tick alone.
 */
export interface Collector {
  /** node_exporter's name of the collector. */
  readonly name: string;
  collect(out: Recorder, atMs: number): void | Promise<void>;
}

export function procFile(host: Host, path: string): KernelFile {
  return host.files.file(join(host.procRoot, path));
}

/** The number that a file begins with; NaN when there is none. */
export function numberIn(file: KernelFile): number {
  const text = file.read();
  return text?.nextLine() ? text.number() : Number.NaN;
}

import { statfs } from 'node:fs/promises';
import { join } from 'node:path';

import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { labelsFrom } from '../../wire/labels.ts';
import { readKernelUnits } from './auxv.ts';
import { CgroupSource } from './cgroup/cgroup-source.ts';
import type { Host, NameTest } from './host/collector.ts';
import { EXCLUDED_DISKS } from './host/diskstats.ts';
import type { StatFs } from './host/filesystem.ts';
import { EXCLUDED_FILESYSTEMS, EXCLUDED_MOUNTS } from './host/filesystem.ts';
import { HostSource } from './host/host-source.ts';
import { EXCLUDED_NETWORK_DEVICES } from './host/netdev.ts';
import { KernelFiles } from './kernel-file.ts';
import { ProcessSource } from './process/process-source.ts';
import { ProcessTable } from './process/process-table.ts';
import type { Source } from './source.ts';

/** Bounds of what a tick reads; each is a setting of the same name. */
export interface HostLimits {
  /** Cgroups beyond are left out and counted in `binnacle_agent_cgroups_skipped`. */
  readonly maxCgroups: number;
  /** Busiest processes of each kind: by CPU, memory, file I/O, sockets. */
  readonly maxBusiestProcesses: number;
  /** Looks at /proc/<pid>/stat a tick (8 us each); with more processes they take turns. */
  readonly maxProcessStatReads: number;
  /** Looks at /proc/<pid>/io a tick, of those that aren't among the busiest (9 us each). */
  readonly maxProcessIoReads: number;
  /** Descriptors a tick that are looked at for being sockets (4 us each). */
  readonly maxSocketLinks: number;
  /** TCP sockets above which their states are not told, as the kernel lists every one. */
  readonly maxTcpSockets: number;
  readonly maxMounts: number;
  /** Questions for a file system's size under way at once; a hanging one holds a thread of libuv. */
  readonly maxStatfsInFlight: number;
  /** How long a tick waits for file systems, milliseconds. */
  readonly statfsTimeoutMs: number;
  /** Descriptors each source keeps open; files beyond are opened for each read. */
  readonly maxOpenFiles: number;
}

const HOST_LIMITS: HostLimits = {
  maxCgroups: 1000,
  maxBusiestProcesses: 10,
  maxProcessStatReads: 500,
  maxProcessIoReads: 100,
  maxSocketLinks: 300,
  maxTcpSockets: 10_000,
  maxMounts: 256,
  maxStatfsInFlight: 4,
  statfsTimeoutMs: 500,
  maxOpenFiles: 8192,
};

export interface HostSourcesOptions {
  /** The label `instance` of all series, `node` of cgroups. */
  readonly nodeName: string;
  /** Version of this program, told as `node_exporter_build_info`. */
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Default /proc, /sys, /sys/fs/cgroup, /; in a container where the host's are mounted. */
  readonly procRoot?: string;
  readonly sysRoot?: string;
  readonly cgroupRoot?: string;
  readonly rootfs?: string;
  /** What is left out by name. Patterns of users come compiled (RE2); default node_exporter's. */
  readonly excludeMounts?: NameTest;
  readonly excludeFilesystems?: NameTest;
  readonly excludeDisks?: NameTest;
  readonly excludeNetworkDevices?: NameTest;
  /** Also tell the size of file systems of the network; default false. */
  readonly networkFilesystems?: boolean;
  readonly limits?: Partial<HostLimits>;
  /** statfs(2); another one in tests of hanging file systems. */
  readonly statfs?: (path: string) => Promise<StatFs>;
}

/**
 * All that is to be known of this host from the kernel's files:
 *
 * | source  | series               | constant labels                                          |
 * |---------|----------------------|----------------------------------------------------------|
 * | host    | node_*               | job="node-exporter", instance=<nodeName>                 |
 * | cgroup  | container_*, machine_* | job="cadvisor", instance=<nodeName>, node=<nodeName>   |
 * | process | binnacle_process_*   | job="binnacle-agent", instance=<nodeName>                |
 */
export function hostSources(options: HostSourcesOptions): Source[] {
  const { nodeName: instance, log } = options;
  const { procRoot = '/proc', sysRoot = '/sys', rootfs = '/' } = options;
  const cgroupRoot = options.cgroupRoot ?? join(sysRoot, 'fs/cgroup');
  const limits = { ...HOST_LIMITS, ...options.limits };
  const units = readKernelUnits(procRoot);
  const newFiles = (): KernelFiles => new KernelFiles({ log, maxOpenFiles: limits.maxOpenFiles });
  const own = labelsFrom({ job: 'binnacle-agent', instance });
  const shared = { procRoot, sysRoot, rootfs, units, log };

  const files = newFiles();
  const table = new ProcessTable({ ...shared, files, maxStatReads: limits.maxProcessStatReads });
  return [
    new HostSource(
      { ...shared, ...hostChoice(options, limits), files: newFiles(), processes: table },
      labelsFrom({ job: 'node-exporter', instance }),
    ),
    new CgroupSource(
      { ...shared, cgroupRoot, files: newFiles(), maxCgroups: limits.maxCgroups },
      labelsFrom({ job: 'cadvisor', instance, node: instance }),
      own,
    ),
    new ProcessSource(
      {
        ...shared,
        files,
        table,
        maxBusiest: limits.maxBusiestProcesses,
        maxIoReads: limits.maxProcessIoReads,
        maxSocketLinks: limits.maxSocketLinks,
      },
      own,
    ),
  ];
}

type HostChoice = Pick<
  Host,
  'clock' | 'version' | 'excludeDisks' | 'excludeNetworkDevices' | 'filesystems' | 'maxTcpSockets'
>;

function hostChoice(options: HostSourcesOptions, limits: HostLimits): HostChoice {
  return {
    clock: options.clock,
    version: options.version,
    excludeDisks: options.excludeDisks ?? EXCLUDED_DISKS,
    excludeNetworkDevices: options.excludeNetworkDevices ?? EXCLUDED_NETWORK_DEVICES,
    filesystems: {
      excludeMounts: options.excludeMounts ?? EXCLUDED_MOUNTS,
      excludeTypes: options.excludeFilesystems ?? EXCLUDED_FILESYSTEMS,
      network: options.networkFilesystems ?? false,
      timeoutMs: limits.statfsTimeoutMs,
      maxInFlight: limits.maxStatfsInFlight,
      maxMounts: limits.maxMounts,
      statfs: options.statfs ?? statfs,
    },
    maxTcpSockets: limits.maxTcpSockets,
  };
}

import type { Labels } from '../../../wire/labels.ts';
import { withLabels } from '../../../wire/labels.ts';
import type { KernelFile, KernelFiles } from '../kernel-file.ts';
import { Recorder } from '../recorder.ts';
import type { BlockDevices } from './block-devices.ts';
import type { CgroupFile } from './cgroup-file.ts';
import { AT, FIELDS, LASTING_FROM } from './fields.ts';

interface OpenFile {
  readonly kind: CgroupFile;
  readonly file: KernelFile;
}

/** What only the whole machine knows; it stands in at the root, where cgroups don't tell. */
export interface MachineMemory {
  readonly totalBytes: number;
  readonly usedBytes: number;
  readonly swapUsedBytes: number;
}

/** One cgroup with its folders in all hierarchies that have it (one in v2). */
export class Cgroup {
  readonly id: string;
  readonly out: Recorder;
  readonly #files: KernelFiles;
  readonly #reading = new Float64Array(FIELDS.length).fill(Number.NaN);
  /** By the folder's hierarchy. */
  readonly #folders = new Map<number, readonly OpenFile[]>();
  #isNew = true;

  constructor(id: string, files: KernelFiles, constant: Labels) {
    this.id = id;
    this.#files = files;
    this.out = new Recorder(withLabels(constant, { id }));
  }

  addFolder(hierarchy: number, path: string, kinds: readonly CgroupFile[], createdAtMs: number): void {
    this.#folders.set(
      hierarchy,
      kinds.map((kind) => ({ kind, file: this.#files.file(`${path}/${kind.name}`) })),
    );
    const started = this.#reading[AT.container_start_time_seconds] as number;
    const seconds = Math.floor(createdAtMs / 1000);
    this.#reading[AT.container_start_time_seconds] =
      seconds < started || started !== started ? seconds : started;
    this.#isNew = true;
  }

  /** @returns true when no folder is left */
  removeFolder(hierarchy: number): boolean {
    for (const { file } of this.#folders.get(hierarchy) ?? []) file.close();
    this.#folders.delete(hierarchy);
    return this.#folders.size === 0;
  }

  /** Puts the series of this tick; none at all when it has gone meanwhile. */
  read(atMs: number, readSettings: boolean, devices: BlockDevices, machine: MachineMemory): void {
    const reading = this.#reading;
    reading.fill(Number.NaN, 0, LASTING_FROM);
    let answers = 0;
    for (const open of this.#folders.values()) {
      for (const { kind, file } of open) {
        if (kind.slow && !readSettings && !this.#isNew) continue;
        const text = kind.slow ? this.#files.readOnce(file.path) : file.read();
        if (text === undefined) continue;
        kind.read(text, reading, this.out, devices);
        if (!kind.slow) answers++;
      }
    }
    this.#isNew = false;
    if (answers === 0) return;
    complete(reading, this.id === '/' ? machine : undefined);
    reading[AT.container_last_seen] = Math.floor(atMs / 1000);
    for (let place = 1; place < FIELDS.length; place++) {
      this.out.put(FIELDS[place] as string, reading[place] as number);
    }
  }
}

/** What follows from the numbers read, by the rules of cAdvisor. */
function complete(reading: Float64Array, machine: MachineMemory | undefined): void {
  if (machine !== undefined) {
    if (Number.isNaN(reading[AT.container_memory_usage_bytes])) {
      reading[AT.container_memory_usage_bytes] = machine.usedBytes;
      reading[AT.container_memory_swap] = machine.swapUsedBytes;
    }
    reading[AT.container_spec_memory_limit_bytes] = machine.totalBytes;
  }
  const usage = reading[AT.container_memory_usage_bytes] as number;
  const inactive = reading[AT.inactive_file] as number;
  reading[AT.container_memory_working_set_bytes] = Math.max(usage - inactive, 0);
  // Without a quota nothing is throttled, and the kernel's zeros say nothing.
  if (Number.isNaN(reading[AT.container_spec_cpu_quota])) {
    reading[AT.container_cpu_cfs_periods_total] = Number.NaN;
    reading[AT.container_cpu_cfs_throttled_periods_total] = Number.NaN;
    reading[AT.container_cpu_cfs_throttled_seconds_total] = Number.NaN;
  }
}

import { join } from 'node:path';

import type { Labels } from '../../../wire/labels.ts';
import type { KernelFile, KernelFiles } from '../kernel-file.ts';
import type { Recorder } from '../recorder.ts';
import type { MachineMemory } from './cgroup.ts';
import { Keys } from './keyed-file.ts';

/** In kB; divided by 1/1024 they are bytes. */
const MEMINFO = new Keys(
  ['MemTotal:', 'MemFree:', 'SwapTotal:', 'SwapFree:'].map((key, place) => [key, place, 1 / 1024]),
);

export interface MachineOptions {
  readonly files: KernelFiles;
  readonly procRoot: string;
  readonly sysRoot: string;
  readonly rootfs: string;
}

/** The machine as cAdvisor tells it: size, and the ids by which it is known. */
export class Machine {
  readonly #options: MachineOptions;
  readonly #meminfo: KernelFile;
  #cores = 0;
  #labels: Labels = [];

  constructor(options: MachineOptions) {
    this.#options = options;
    this.#meminfo = options.files.file(join(options.procRoot, 'meminfo'));
  }

  /** Looks at what changes only when somebody opens the machine's case, or plugs a virtual CPU. */
  refresh(): void {
    const { files, procRoot, sysRoot, rootfs } = this.#options;
    this.#labels = [
      'boot_id',
      files.lineOf(join(procRoot, 'sys/kernel/random/boot_id')),
      'machine_id',
      files.lineOf(join(rootfs, 'etc/machine-id')),
      'system_uuid',
      files.lineOf(join(sysRoot, 'class/dmi/id/product_uuid')),
    ];
    this.#cores = 0;
    const text = files.readOnce(join(procRoot, 'stat'));
    while (text?.nextLine()) if (/^cpu\d+$/.test(text.word())) this.#cores++;
  }

  memory(): MachineMemory {
    const found = new Float64Array(4).fill(Number.NaN);
    const text = this.#meminfo.read();
    if (text !== undefined) MEMINFO.read(text, found);
    const [total = NaN, free = NaN, swapTotal = NaN, swapFree = NaN] = found;
    return { totalBytes: total, usedBytes: total - free, swapUsedBytes: swapTotal - swapFree };
  }

  put(out: Recorder, memory: MachineMemory): void {
    if (this.#cores > 0) out.put('machine_cpu_cores', this.#cores, this.#labels);
    out.put('machine_memory_bytes', memory.totalBytes, this.#labels);
  }
}

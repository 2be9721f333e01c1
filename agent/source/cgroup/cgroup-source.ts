import type { Log } from '../../../lib/log.ts';
import type { Labels } from '../../../wire/labels.ts';
import type { KernelUnits } from '../auxv.ts';
import type { KernelFiles } from '../kernel-file.ts';
import { Recorder } from '../recorder.ts';
import { SLOW_TICKS, slowly } from '../slowly.ts';
import type { Frame, Source } from '../source.ts';
import { BlockDevices } from './block-devices.ts';
import { Cgroup } from './cgroup.ts';
import type { CgroupFile } from './cgroup-file.ts';
import { countLines } from './cgroup-file.ts';
import { AT } from './fields.ts';
import { FolderTree } from './folder-tree.ts';
import type { Hierarchy } from './hierarchy.ts';
import { findHierarchies } from './hierarchy.ts';
import { Machine } from './machine.ts';
import { v1Files } from './v1-files.ts';
import { V2_FILES } from './v2-files.ts';

export interface CgroupSourceOptions {
  readonly cgroupRoot: string;
  readonly procRoot: string;
  readonly sysRoot: string;
  readonly rootfs: string;
  readonly files: KernelFiles;
  readonly units: KernelUnits;
  readonly log: Log;
  /** Cgroups beyond are left out and counted in `binnacle_agent_cgroups_skipped`. */
  readonly maxCgroups: number;
}

/** Every cgroup of the host in cAdvisor's names, one frame each, and one for the machine. */
export class CgroupSource implements Source {
  readonly name = 'cgroup';
  readonly #options: CgroupSourceOptions;
  readonly #constant: Labels;
  readonly #cgroups = new Map<string, Cgroup>();
  readonly #devices: BlockDevices;
  readonly #machine: Machine;
  readonly #machineOut: Recorder;
  readonly #ownOut: Recorder;
  readonly #isSlowTick = slowly();
  #trees: readonly FolderTree[] = [];
  #ticks = 0;
  #hasChanged = false;
  #told = false;

  /**
   * @param constant labels of all of cAdvisor's series
   * @param own labels of what this source tells of itself
   */
  constructor(options: CgroupSourceOptions, constant: Labels, own: Labels) {
    this.#options = options;
    this.#constant = constant;
    this.#devices = new BlockDevices(options.files, options.procRoot);
    this.#machine = new Machine(options);
    this.#machineOut = new Recorder(constant);
    this.#ownOut = new Recorder(own);
  }

  collect(atMs: number): readonly Frame[] {
    if (this.#isSlowTick()) {
      this.#devices.refresh();
      this.#machine.refresh();
      if (this.#trees.length === 0) this.#trees = this.#findTrees();
    }
    this.#updateTrees();
    const memory = this.#machine.memory();
    const frames: (Frame | undefined)[] = [];
    // Settings are read in turn, so that no tick reads those of all.
    let turn = this.#ticks;
    for (const cgroup of this.#cgroups.values()) {
      cgroup.read(atMs, turn++ % SLOW_TICKS === 0, this.#devices, memory);
      frames.push(cgroup.out.take());
    }
    this.#machine.put(this.#machineOut, memory);
    frames.push(this.#machineOut.take(), this.#takeOwn());
    return frames.filter((frame) => frame !== undefined);
  }

  close(): void {
    this.#options.files.close();
  }

  #findTrees(): FolderTree[] {
    const { cgroupRoot, units, log } = this.#options;
    const hierarchies = findHierarchies(cgroupRoot);
    if (hierarchies.length === 0 && this.#ticks === 0) log.warn('no cgroups found', { path: cgroupRoot });
    const v1 = v1Files(units.ticksPerSecond);
    const measuring = hierarchies
      .map((hierarchy) => ({ hierarchy, kinds: filesOf(hierarchy, v1) }))
      .filter(({ kinds }) => kinds.length > 0);
    return measuring.map(({ hierarchy, kinds }, i) => {
      // Every process is once in each hierarchy, so it is counted in one alone.
      if (i === 0) kinds.push(PROCESSES);
      return new FolderTree(hierarchy.path, {
        hasRoom: (id) => this.#cgroups.has(id) || this.#cgroups.size < this.#options.maxCgroups,
        added: (id, path, createdAtMs) => {
          this.#hasChanged = true;
          this.#cgroup(id).addFolder(i, path, kinds, createdAtMs);
        },
        removed: (id) => {
          this.#hasChanged = true;
          if (this.#cgroups.get(id)?.removeFolder(i)) this.#cgroups.delete(id);
        },
      });
    });
  }

  /**
   * The first tree is looked through each tick. The others of v1 nearly always have the same folders, so they
   * are when something has changed in the first, and else one of them at a time.
   */
  #updateTrees(): void {
    const [first, ...others] = this.#trees;
    this.#hasChanged = false;
    first?.update();
    const turn = this.#ticks++ % others.length;
    others.forEach((tree, i) => (this.#hasChanged || i === turn) && tree.update());
  }

  #cgroup(id: string): Cgroup {
    let cgroup = this.#cgroups.get(id);
    if (cgroup === undefined) {
      cgroup = new Cgroup(id, this.#options.files, this.#constant);
      this.#cgroups.set(id, cgroup);
    }
    return cgroup;
  }

  #takeOwn(): Frame | undefined {
    const skipped = this.#trees.reduce((most, tree) => Math.max(most, tree.skipped), 0);
    if (skipped > 0 && !this.#told) {
      const { log, maxCgroups } = this.#options;
      log.warn('too many cgroups, some are left out', { skipped, maxCgroups });
      this.#told = true;
    }
    this.#ownOut.put('binnacle_agent_cgroups', this.#cgroups.size);
    this.#ownOut.put('binnacle_agent_cgroups_skipped', skipped);
    return this.#ownOut.take();
  }
}

const PROCESSES: CgroupFile = {
  name: 'cgroup.procs',
  read(text, reading) {
    reading[AT.container_processes] = countLines(text);
  },
};

function filesOf(hierarchy: Hierarchy, v1: Readonly<Record<string, readonly CgroupFile[]>>): CgroupFile[] {
  if (hierarchy.version === 2) return [...V2_FILES];
  return hierarchy.controllers.flatMap((controller) => v1[controller] ?? []);
}

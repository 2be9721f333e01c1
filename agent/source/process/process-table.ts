import { readdirSync } from 'node:fs';

import { reasonOf } from '../../../lib/fault.ts';
import type { Log } from '../../../lib/log.ts';
import type { KernelUnits } from '../auxv.ts';
import type { KernelFiles } from '../kernel-file.ts';
import type { ProcessStat } from './process-stat.ts';
import { parseProcessStat } from './process-stat.ts';

/** How fast an average forgets. Short enough for a process that begins to burn, long enough for one tick's noise. */
const AVERAGE_OVER_MS = 30_000;

const BOOT_TIME_TICKS = 12;

/** A process as last seen. Numbers that aren't known (yet, or not permitted) are NaN. */
export interface Process extends ProcessStat {
  readonly pid: number;
  /** When its stat was last read. */
  statAtMs: number;
  /** Moving average of CPU seconds a second. */
  cpuRate: number;
  readBytes: number;
  writtenBytes: number;
  ioAtMs: number;
  ioCpuTicks: number;
  /** Moving average of bytes read and written a second. */
  ioRate: number;
  sockets: number;
  socketsAtMs: number;
  socketsCpuTicks: number;
  /** It is one of the busiest, so it is looked at in every tick. */
  isBusy: boolean;
}

export interface ProcessTableOptions {
  readonly procRoot: string;
  readonly files: KernelFiles;
  readonly units: KernelUnits;
  readonly log: Log;
  /** Looks at /proc/<pid>/stat a tick; on a host with more processes they take turns. */
  readonly maxStatReads: number;
}

/**
 * All processes of the host. A tick looks at the busiest, at the new ones and then at the others in turn,
 * no more than `maxStatReads` in all, so that its cost has a bound on a host with thousands.
 */
export class ProcessTable {
  readonly #options: ProcessTableOptions;
  readonly #processes = new Map<number, Process>();
  readonly #scratch: ProcessStat = {
    comm: '',
    state: '',
    isKernelThread: false,
    cpuTicks: 0,
    startTicks: 0,
    residentPages: 0,
  };
  #refreshedAtMs = Number.NaN;
  #refreshes = 0;
  #bootTimeSeconds = Number.NaN;
  /** The last pid that had its turn. */
  #turn = 0;
  #told = false;
  #size = 0;

  constructor(options: ProcessTableOptions) {
    this.#options = options;
  }

  /** How many processes there are, those included that have not been looked at yet. */
  get size(): number {
    return this.#size;
  }

  all(): Iterable<Process> {
    return this.#processes.values();
  }

  get(pid: number): Process | undefined {
    return this.#processes.get(pid);
  }

  /** Wall time of the boot, seconds since the epoch; NaN when unknown. */
  get bootTimeSeconds(): number {
    return this.#bootTimeSeconds;
  }

  /** Brings the table up to date; a second call for the same tick does nothing. */
  refresh(atMs: number): void {
    if (atMs === this.#refreshedAtMs) return;
    this.#refreshedAtMs = atMs;
    const pids = this.#pids();
    this.#size = pids.length;
    const alive = new Set(pids);
    for (const pid of this.#processes.keys()) if (!alive.has(pid)) this.#processes.delete(pid);
    this.#readBootTime();
    let looks = 0;
    for (const process of this.#processes.values())
      if (process.isBusy) looks += this.#look(process.pid, atMs);
    const { maxStatReads } = this.#options;
    for (const pid of pids) {
      if (looks < maxStatReads && !this.#processes.has(pid)) looks += this.#look(pid, atMs);
    }
    const from = pids.findIndex((pid) => pid > this.#turn);
    for (let i = 0; i < pids.length && looks < maxStatReads; i++) {
      const pid = pids[(Math.max(from, 0) + i) % pids.length] as number;
      if (this.#processes.get(pid)?.statAtMs === atMs) continue;
      looks += this.#look(pid, atMs);
      this.#turn = pid;
    }
  }

  #pids(): number[] {
    try {
      const pids: number[] = [];
      for (const name of readdirSync(this.#options.procRoot)) {
        const first = name.charCodeAt(0);
        const pid = first >= 49 && first <= 57 ? Number(name) : Number.NaN;
        if (Number.isSafeInteger(pid)) pids.push(pid);
      }
      return pids.sort((a, b) => a - b);
    } catch (thrown) {
      if (!this.#told) this.#options.log.warn('processes cannot be listed', { reason: reasonOf(thrown) });
      this.#told = true;
      return [];
    }
  }

  /** The kernel's figure moves by a second when the clock is trimmed; start times must not. */
  #readBootTime(): void {
    if (this.#refreshes++ % BOOT_TIME_TICKS !== 0) return;
    const text = this.#options.files.readOnce(`${this.#options.procRoot}/stat`);
    while (text?.nextLine()) {
      if (text.word() !== 'btime') continue;
      const seconds = text.number();
      if (!(Math.abs(seconds - this.#bootTimeSeconds) <= 2)) this.#bootTimeSeconds = seconds;
    }
  }

  /** @returns how many looks that was: one */
  #look(pid: number, atMs: number): number {
    const { files, procRoot, units } = this.#options;
    const text = files.readOnce(`${procRoot}/${pid}/stat`);
    const now = this.#scratch;
    const known = this.#processes.get(pid);
    now.comm = known?.comm ?? '';
    // It may have ended in this very moment.
    if (text === undefined || !parseProcessStat(text, now)) {
      this.#processes.delete(pid);
      return 1;
    }
    if (known !== undefined && known.startTicks === now.startTicks) {
      const seconds = (atMs - known.statAtMs) / 1000;
      const burnt = (now.cpuTicks - known.cpuTicks) / units.ticksPerSecond;
      known.cpuRate = averaged(known.cpuRate, burnt / seconds, seconds * 1000);
      Object.assign(known, now);
      known.statAtMs = atMs;
      return 1;
    }
    const ageSeconds = atMs / 1000 - this.#bootTimeSeconds - now.startTicks / units.ticksPerSecond;
    const lifeRate = now.cpuTicks / units.ticksPerSecond / Math.max(ageSeconds, 1);
    this.#processes.set(pid, newProcess(pid, now, atMs, lifeRate >= 0 ? lifeRate : 0));
    return 1;
  }
}

function newProcess(pid: number, stat: ProcessStat, atMs: number, cpuRate: number): Process {
  return {
    ...stat,
    pid,
    statAtMs: atMs,
    cpuRate,
    readBytes: Number.NaN,
    writtenBytes: Number.NaN,
    ioAtMs: Number.NaN,
    ioCpuTicks: Number.NaN,
    ioRate: 0,
    sockets: Number.NaN,
    socketsAtMs: Number.NaN,
    socketsCpuTicks: Number.NaN,
    isBusy: false,
  };
}

/** An exponential moving average after `elapsedMs` at `rate`; as it was when no time has passed. */
export function averaged(average: number, rate: number, elapsedMs: number): number {
  if (!(elapsedMs > 0) || !(rate >= 0)) return average;
  return average + (rate - average) * (1 - Math.exp(-elapsedMs / AVERAGE_OVER_MS));
}

import type { Labels } from '../../../wire/labels.ts';
import { withLabels } from '../../../wire/labels.ts';
import type { KernelUnits } from '../auxv.ts';
import type { KernelFiles } from '../kernel-file.ts';
import { Recorder } from '../recorder.ts';
import type { Frame, Source } from '../source.ts';
import { busiest } from './busiest.ts';
import { cgroupOfProcess } from './process-cgroup.ts';
import { readProcessIo } from './process-io.ts';
import type { Process, ProcessTable } from './process-table.ts';
import { SocketCounter } from './socket-counter.ts';

/** What a process must reach to be called busy. */
const LEAST_CPU_SECONDS_A_SECOND = 0.002;
const LEAST_IO_BYTES_A_SECOND = 1024;
const LEAST_RESIDENT_PAGES = 1;
const LEAST_SOCKETS = 1;

export interface ProcessSourceOptions {
  readonly procRoot: string;
  readonly files: KernelFiles;
  readonly units: KernelUnits;
  readonly table: ProcessTable;
  /** Processes of each kind: by CPU, memory, file I/O, sockets. */
  readonly maxBusiest: number;
  /** Looks a tick at /proc/<pid>/io of processes that aren't among the busiest. */
  readonly maxIoReads: number;
  /** Descriptors a tick that are looked at for being sockets. */
  readonly maxSocketLinks: number;
}

interface Member {
  readonly out: Recorder;
  readonly comm: string;
}

/** The busiest processes by CPU, memory, file I/O and open sockets, one frame a process. */
export class ProcessSource implements Source {
  readonly name = 'process';
  readonly #options: ProcessSourceOptions;
  readonly #constant: Labels;
  readonly #sockets: SocketCounter;
  readonly #rankings: readonly {
    readonly score: (process: Process) => number;
    readonly least: number;
    holders: ReadonlySet<Process>;
  }[];
  readonly #members = new Map<Process, Member>();
  /** The last pid whose I/O had its turn. */
  #ioTurn = 0;

  /** @param constant labels of all series */
  constructor(options: ProcessSourceOptions, constant: Labels) {
    this.#options = options;
    this.#constant = constant;
    this.#sockets = new SocketCounter(options.procRoot, options.maxSocketLinks);
    this.#rankings = [
      { score: (process) => process.cpuRate, least: LEAST_CPU_SECONDS_A_SECOND, holders: new Set() },
      { score: (process) => process.residentPages, least: LEAST_RESIDENT_PAGES, holders: new Set() },
      { score: (process) => process.ioRate, least: LEAST_IO_BYTES_A_SECOND, holders: new Set() },
      { score: (process) => process.sockets, least: LEAST_SOCKETS, holders: new Set() },
    ];
  }

  collect(atMs: number): readonly Frame[] {
    const { table, maxBusiest } = this.#options;
    table.refresh(atMs);
    const processes = [...table.all()]
      .filter((process) => !process.isKernelThread)
      .sort((a, b) => a.pid - b.pid);
    this.#readIo(processes, atMs);
    this.#sockets.tick(processes, atMs);
    const busy = new Set<Process>();
    for (const ranking of this.#rankings) {
      ranking.holders = busiest(processes, maxBusiest, ranking.score, ranking.least, ranking.holders);
      for (const process of ranking.holders) busy.add(process);
    }
    for (const process of this.#members.keys()) {
      if (busy.has(process)) continue;
      process.isBusy = false;
      this.#members.delete(process);
    }
    const frames: Frame[] = [];
    for (const process of busy) {
      const frame = this.#frameOf(process, atMs);
      if (frame !== undefined) frames.push(frame);
    }
    return frames;
  }

  close(): void {
    this.#sockets.close();
    this.#options.files.close();
  }

  /** The busiest, and in turn those who have used CPU since their last look: without, nobody moves a byte. */
  #readIo(processes: readonly Process[], atMs: number): void {
    const { files, procRoot, maxIoReads } = this.#options;
    for (const process of processes) if (process.isBusy) readProcessIo(files, procRoot, process, atMs);
    let reads = maxIoReads;
    const from = Math.max(
      processes.findIndex(({ pid }) => pid > this.#ioTurn),
      0,
    );
    for (let i = 0; i < processes.length && reads > 0; i++) {
      const process = processes[(from + i) % processes.length] as Process;
      if (process.isBusy || process.cpuTicks === process.ioCpuTicks) continue;
      readProcessIo(files, procRoot, process, atMs);
      this.#ioTurn = process.pid;
      reads--;
    }
  }

  #frameOf(process: Process, atMs: number): Frame | undefined {
    const { files, procRoot, units, table } = this.#options;
    let member = this.#members.get(process);
    // A process that calls exec() keeps its pid and start time and changes its name.
    if (member === undefined || member.comm !== process.comm) {
      const labels = withLabels(this.#constant, {
        pid: String(process.pid),
        comm: process.comm,
        id: cgroupOfProcess(files, procRoot, process.pid),
      });
      member = { out: new Recorder(labels), comm: process.comm };
      this.#members.set(process, member);
      if (!process.isBusy) readProcessIo(files, procRoot, process, atMs);
      process.isBusy = true;
    }
    const { out } = member;
    const startSeconds = table.bootTimeSeconds + process.startTicks / units.ticksPerSecond;
    out.put('binnacle_process_cpu_seconds_total', process.cpuTicks / units.ticksPerSecond);
    out.put('binnacle_process_resident_memory_bytes', process.residentPages * units.pageBytes);
    out.put('binnacle_process_read_bytes_total', process.readBytes);
    out.put('binnacle_process_written_bytes_total', process.writtenBytes);
    out.put('binnacle_process_open_sockets', process.sockets);
    out.put('binnacle_process_start_time_seconds', startSeconds);
    return out.take();
  }
}

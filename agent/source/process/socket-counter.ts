import type { Dir } from 'node:fs';
import { opendirSync, readlinkSync } from 'node:fs';

import type { Process } from './process-table.ts';

/** A process is not counted again before that. */
const RECOUNT_AFTER_MS = 15_000;

/**
 * Counts open sockets: the links `socket:[<inode>]` in /proc/<pid>/fd. A link costs 4 us and a process may
 * have a hundred thousand, so each tick follows no more than `maxLinks`; a count that isn't through goes on
 * in the next tick. Who has used no CPU since its last count has the same sockets as then.
 */
export class SocketCounter {
  readonly #procRoot: string;
  readonly #maxLinks: number;
  #current: { process: Process; dir: Dir; sockets: number } | undefined;
  /** The last pid that had its turn. */
  #turn = 0;

  constructor(procRoot: string, maxLinks: number) {
    this.#procRoot = procRoot;
    this.#maxLinks = maxLinks;
  }

  /** @param processes by ascending pid */
  tick(processes: readonly Process[], atMs: number): void {
    let links = this.#maxLinks;
    const from = Math.max(
      processes.findIndex(({ pid }) => pid > this.#turn),
      0,
    );
    for (let i = 0; links > 0;) {
      if (this.#current === undefined) {
        if (i === processes.length) return;
        const process = processes[(from + i++) % processes.length] as Process;
        if (!isDue(process, atMs)) continue;
        links--;
        this.#begin(process, atMs);
      } else {
        links -= this.#goOn(links);
      }
    }
  }

  close(): void {
    this.#current?.dir.closeSync();
    this.#current = undefined;
  }

  #begin(process: Process, atMs: number): void {
    this.#turn = process.pid;
    process.socketsAtMs = atMs;
    process.socketsCpuTicks = process.cpuTicks;
    try {
      const dir = opendirSync(`${this.#procRoot}/${process.pid}/fd`, { bufferSize: 64 });
      this.#current = { process, dir, sockets: 0 };
    } catch {
      // It has ended, or we have no permission: the number of its sockets stays unknown.
    }
  }

  /** Follows at most `links` of the current process; returns how many it followed. */
  #goOn(links: number): number {
    const { process, dir } = this.#current as { process: Process; dir: Dir };
    for (let followed = 0; followed < links; followed++) {
      const name = this.#next(dir);
      if (name === undefined) {
        process.sockets = this.#current?.sockets ?? Number.NaN;
        this.close();
        return followed + 1;
      }
      if (this.#isSocket(`${this.#procRoot}/${process.pid}/fd/${name}`) && this.#current)
        this.#current.sockets++;
    }
    return links;
  }

  #next(dir: Dir): string | undefined {
    try {
      return dir.readSync()?.name;
    } catch {
      return undefined;
    }
  }

  #isSocket(path: string): boolean {
    try {
      return readlinkSync(path).startsWith('socket:');
    } catch {
      return false;
    }
  }
}

function isDue(process: Process, atMs: number): boolean {
  if (process.isKernelThread) return false;
  if (!(atMs - process.socketsAtMs < RECOUNT_AFTER_MS)) return process.cpuTicks !== process.socketsCpuTicks;
  return false;
}

/** What a program costs, read from /proc: all its threads, and all processes that it started. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Usage {
  /** User and system time since the start of each process, in steps of 10 ms. */
  readonly cpuSeconds: number;
  /** Memory that is the program's own: heaps, stacks, buffers. */
  readonly anonymousBytes: number;
  /** With its pages of files (the binary, libraries, mapped data); shared pages count in full. */
  readonly residentBytes: number;
}

/** USER_HZ, in which the kernel tells times to programs; 100 on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

/** The sum over the process and its living descendants. Throws when the process is not there. */
export function usageOf(pid: number, proc = '/proc'): Usage {
  const usages = [pid, ...descendantsOf(pid, proc)].map((each) => usageOfOne(each, proc));
  const sum = (key: keyof Usage): number => usages.reduce((total, usage) => total + usage[key], 0);
  return {
    cpuSeconds: sum('cpuSeconds'),
    anonymousBytes: sum('anonymousBytes'),
    residentBytes: sum('residentBytes'),
  };
}

/** See proc_pid_stat(5) and proc_pid_smaps(5). */
function usageOfOne(pid: number, proc: string): Usage {
  const rollup = readFileSync(join(proc, String(pid), 'smaps_rollup'), 'utf8');
  const bytesOf = (field: string): number => {
    const match = new RegExp(`^${field}: +(\\d+) kB$`, 'm').exec(rollup);
    if (match === null) throw new Error(`smaps_rollup of ${pid} has no ${field}: ${rollup}`);
    return Number(match[1]) * 1024;
  };
  // Fields 14 and 15, utime and stime.
  const [user, system] = statFields(pid, proc).slice(11, 13).map(Number) as [number, number];
  return {
    cpuSeconds: (user + system) / TICKS_PER_SECOND,
    anonymousBytes: bytesOf('Anonymous'),
    residentBytes: bytesOf('Rss'),
  };
}

function descendantsOf(pid: number, proc: string): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync(proc).filter((each) => /^\d+$/.test(each))) {
    try {
      parents.set(Number(name), Number(statFields(Number(name), proc)[1]));
    } catch {
      // It ended in the meantime.
    }
  }
  const found: number[] = [];
  const walk = (of: number): void => {
    for (const [child, parent] of parents) {
      if (parent !== of) continue;
      found.push(child);
      walk(child);
    }
  };
  walk(pid);
  return found;
}

/** The fields from the third (state) on; the name before them may hold spaces and parentheses. */
function statFields(pid: number, proc: string): string[] {
  const stat = readFileSync(join(proc, String(pid), 'stat'), 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

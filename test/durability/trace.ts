/**
 * Runs a program under strace and gives what it did to the files below a folder, as a list of operations on
 * inodes and directory entries. From it `disk.ts` builds what a disk may hold after a power cut.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

import { peer } from '../tools/peers.ts';

/** A number for each file and folder ever made; a name that is used again is another one. 0 is the folder itself. */
export type Inode = number;

export type Operation =
  | { readonly kind: 'link'; readonly folder: Inode; readonly name: string; readonly inode: Inode }
  | { readonly kind: 'unlink'; readonly folder: Inode; readonly name: string }
  | {
      readonly kind: 'rename';
      readonly folder: Inode;
      readonly from: string;
      readonly name: string;
      readonly inode: Inode;
    }
  | { readonly kind: 'write'; readonly inode: Inode; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: 'resize'; readonly inode: Inode; readonly bytes: number }
  /** All of the inode that was done before operation `before` is on the disk from here on. */
  | { readonly kind: 'sync'; readonly inode: Inode; readonly before: number }
  /** A line that the program wrote to its standard output. */
  | { readonly kind: 'say'; readonly line: string };

export interface Trace {
  readonly operations: readonly Operation[];
  /** The inodes that are folders. */
  readonly folders: ReadonlySet<Inode>;
}

const CALLS =
  'openat,close,pwrite64,write,writev,pwritev,pwritev2,fsync,fdatasync,ftruncate,truncate,fallocate,unlink,' +
  'unlinkat,rename,renameat,renameat2,mkdir,mkdirat,rmdir,link,linkat,symlink,copy_file_range,sendfile,sync,msync';
/** Longest data of one call that is kept; a longer one is a fault, not a shorter write. */
const MAX_DATA = 8 << 20;

/** Runs a TypeScript program; `log` is a file outside of the folder. Throws when it does not end with 0. */
export async function traceProgram(
  program: string,
  args: readonly string[],
  folder: string,
  log: string,
): Promise<Trace> {
  const strace = ['-f', '-y', '-xx', '-s', String(MAX_DATA), '-o', log, '-e', `trace=${CALLS}`];
  const child = spawn(peer('strace'), [...strace, process.execPath, program, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk) => (errors += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${errors}`);
  const reader = new TraceReader(folder);
  for await (const line of createInterface({ input: createReadStream(log) })) reader.read(line);
  return reader.trace;
}

interface OpenFile {
  readonly inode: Inode;
  readonly append: boolean;
  at: number;
}

interface Call {
  readonly name: string;
  readonly text: string;
  /** Operations that were done before it began. */
  readonly before: number;
}

/** Builds operations from the lines of strace; a call that it does not know and that touches the folder is a fault. */
class TraceReader {
  readonly #root: string;
  readonly #operations: Operation[] = [];
  readonly #folders = new Set<Inode>([0]);
  /** Paths now -> inodes, and the sizes of files. */
  readonly #paths = new Map<string, Inode>();
  readonly #bytes = new Map<Inode, number>();
  readonly #open = new Map<number, OpenFile>();
  readonly #unfinished = new Map<string, Call>();
  #inodes = 1;
  #said = '';

  constructor(root: string) {
    this.#root = root;
    this.#paths.set(root, 0);
  }

  get trace(): Trace {
    return { operations: this.#operations, folders: this.#folders };
  }

  read(line: string): void {
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const resumed = /^<\.\.\. (\w+) resumed>(.*)$/.exec(rest);
    const begun = /^(\w+)\((.*)$/.exec(rest);
    let call: Call | undefined;
    if (resumed) {
      const start = this.#unfinished.get(thread);
      if (start === undefined) return;
      this.#unfinished.delete(thread);
      call = { ...start, text: start.text + (resumed[2] as string) };
    } else if (begun) {
      call = { name: begun[1] as string, text: begun[2] as string, before: this.#operations.length };
      if (call.text.endsWith('<unfinished ...>')) {
        const text = call.text.slice(0, -'<unfinished ...>'.length);
        this.#unfinished.set(thread, { ...call, text });
        return;
      }
    }
    if (call === undefined) return;
    const [, args, result] = /^(.*)\) += (-?\d+)/.exec(call.text) ?? [];
    if (args === undefined || Number(result) < 0) return;
    this.#apply(call, args, Number(result));
  }

  #apply({ name, before }: Call, args: string, result: number): void {
    const paths = [...args.matchAll(/(?:^|, )"((?:\\x..)*)"(\.\.\.)?/g)];
    const path = (index: number): string => unescape(paths[index]?.[1] ?? '').toString();
    switch (name) {
      case 'openat':
        return this.#opened(path(0), args, result);
      case 'close':
        return void this.#open.delete(Number.parseInt(args, 10));
      case 'mkdir':
      case 'mkdirat':
        if (this.#isOurs(path(0))) this.#folders.add(this.#link(path(0)));
        return;
      case 'unlink':
      case 'unlinkat':
        return this.#unlinked(path(0));
      case 'rename':
      case 'renameat':
      case 'renameat2':
        return this.#renamed(path(0), path(1));
      default:
        this.#onFile(name, args, before, paths[0]?.[2] !== undefined, () => unescape(paths[0]?.[1] ?? ''));
    }
  }

  #onFile(name: string, args: string, before: number, cut: boolean, data: () => Buffer): void {
    const descriptor = Number.parseInt(args, 10);
    const file = this.#open.get(descriptor);
    if (name === 'write' && descriptor === 1) return this.#hear(data().toString());
    if (file === undefined) return;
    if (cut) throw new Error(`a ${name} of more than ${MAX_DATA} bytes`);
    const numbers = args.split(', ').map(Number);
    const size = this.#bytes.get(file.inode) ?? 0;
    if (name === 'fsync' || name === 'fdatasync') {
      this.#operations.push({ kind: 'sync', inode: file.inode, before });
    } else if (name === 'ftruncate') {
      this.#bytes.set(file.inode, numbers[1] as number);
      this.#operations.push({ kind: 'resize', inode: file.inode, bytes: numbers[1] as number });
    } else if (name === 'pwrite64' || name === 'write') {
      const at = name === 'pwrite64' ? (numbers.at(-1) as number) : file.append ? size : file.at;
      const bytes = data();
      if (name === 'write') file.at = at + bytes.length;
      this.#bytes.set(file.inode, Math.max(size, at + bytes.length));
      this.#operations.push({ kind: 'write', inode: file.inode, at, bytes });
    } else {
      throw new Error(`the trace has ${name}, which is not modelled`);
    }
  }

  #opened(path: string, args: string, descriptor: number): void {
    if (!this.#isOurs(path) && path !== this.#root) return;
    const append = args.includes('O_APPEND');
    const known = this.#paths.get(path);
    // What was there before the program began is not followed.
    if (known === undefined && !args.includes('O_CREAT')) return;
    const inode = known ?? this.#link(path);
    if (known !== undefined && args.includes('O_TRUNC')) {
      this.#bytes.set(inode, 0);
      this.#operations.push({ kind: 'resize', inode, bytes: 0 });
    }
    this.#open.set(descriptor, { inode, append, at: 0 });
  }

  #link(path: string): Inode {
    const inode = this.#inodes++;
    this.#operations.push({ kind: 'link', folder: this.#folderOf(path), name: basename(path), inode });
    this.#paths.set(path, inode);
    return inode;
  }

  #unlinked(path: string): void {
    if (!this.#paths.delete(path)) return;
    this.#operations.push({ kind: 'unlink', folder: this.#folderOf(path), name: basename(path) });
  }

  #renamed(from: string, to: string): void {
    const inode = this.#paths.get(from);
    if (inode === undefined) return;
    if (dirname(from) !== dirname(to)) throw new Error(`${from} is renamed into another folder: ${to}`);
    this.#paths.delete(from);
    this.#paths.set(to, inode);
    const folder = this.#folderOf(to);
    this.#operations.push({ kind: 'rename', folder, from: basename(from), name: basename(to), inode });
  }

  #hear(text: string): void {
    const lines = (this.#said + text).split('\n');
    this.#said = lines.pop() ?? '';
    for (const line of lines) this.#operations.push({ kind: 'say', line });
  }

  /** SQLite's shared memory is made anew at each start and is never read from the disk. */
  #isOurs(path: string): boolean {
    return path.startsWith(join(this.#root, '/')) && !path.endsWith('-shm');
  }

  #folderOf(path: string): Inode {
    const inode = this.#paths.get(dirname(path));
    if (inode === undefined) throw new Error(`the folder of ${path} is not known`);
    return inode;
  }
}

function unescape(text: string): Buffer {
  return Buffer.from(text.replaceAll('\\x', ''), 'hex');
}

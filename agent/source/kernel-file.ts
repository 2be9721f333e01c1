import { closeSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';

import { reasonOf } from '../../lib/fault.ts';
import type { Log } from '../../lib/log.ts';
import { Text } from './text.ts';

/**
 * How many bytes a read must give before there may be more. The kernel's seq_file gives whole records as
 * long as the next one fits its page of 4096 bytes, and no record here that is not a whole file is longer
 * than half a page; so a shorter read was the last one.
 */
const MAY_HAVE_MORE_BYTES = 2048;
const FIRST_BUFFER_BYTES = 64 * 1024;

/** How often a file that could not be opened is left alone before it is tried again. */
const RETRY_AFTER_READS = 12;

/** What is normal on a living host: not built in, not enabled, gone, not now. */
const EXPECTED = new Set(['ENOENT', 'ENOTDIR', 'ENODEV', 'ESRCH', 'EINVAL', 'EOPNOTSUPP', 'ENXIO']);

export interface KernelFilesOptions {
  readonly log: Log;
  /** Descriptors kept open; files beyond are opened for each read. */
  readonly maxOpenFiles?: number;
  /** What is longer is cut at its last whole line. */
  readonly maxFileBytes?: number;
}

/**
 * Files of /proc and /sys. Opening and closing cost four times the read, so descriptors stay open and are
 * read again at position 0, all into one buffer: what a read returns is valid until the next one.
 */
export class KernelFiles {
  readonly #log: Log;
  readonly #maxOpenFiles: number;
  readonly #maxFileBytes: number;
  readonly #open = new Set<KernelFile>();
  readonly #told = new Set<string>();
  #buffer = Buffer.allocUnsafe(FIRST_BUFFER_BYTES);
  readonly #text = new Text(this.#buffer, 0);

  constructor(options: KernelFilesOptions) {
    this.#log = options.log;
    this.#maxOpenFiles = options.maxOpenFiles ?? 8192;
    this.#maxFileBytes = options.maxFileBytes ?? 4 * 1024 * 1024;
  }

  /** A file that is read tick for tick; nothing is opened yet. */
  file(path: string): KernelFile {
    return new KernelFile(this, path);
  }

  /** Reads a file that is not worth a descriptor; undefined when that fails. */
  readOnce(path: string): Text | undefined {
    const file = new KernelFile(this, path);
    const text = file.read();
    file.close();
    return text;
  }

  /** The first line of a file, `''` when that fails. */
  lineOf(path: string): string {
    const text = this.readOnce(path);
    return text?.nextLine() ? text.rest().trimEnd() : '';
  }

  /** How many descriptors are kept. */
  get openFiles(): number {
    return this.#open.size;
  }

  close(): void {
    for (const file of this.#open) file.close();
  }

  /** For KernelFile: reads all of a descriptor; throws the errors of readSync. */
  readAll(fd: number): Text {
    let end = 0;
    for (;;) {
      const got = readSync(fd, this.#buffer, end, this.#buffer.length - end, end);
      end += got;
      if (got < MAY_HAVE_MORE_BYTES && end < this.#buffer.length) break;
      if (end < this.#buffer.length) continue;
      if (end >= this.#maxFileBytes) {
        end = this.#buffer.lastIndexOf(10, end - 1) + 1;
        break;
      }
      const grown = Buffer.allocUnsafe(Math.min(end * 2, this.#maxFileBytes));
      this.#buffer.copy(grown, 0, 0, end);
      this.#buffer = grown;
    }
    return this.#text.reset(this.#buffer, end);
  }

  /** For KernelFile: keeps count of descriptors; false when this one must not stay open. */
  keep(file: KernelFile): boolean {
    if (this.#open.size >= this.#maxOpenFiles && !this.#open.has(file)) return false;
    this.#open.add(file);
    return true;
  }

  forget(file: KernelFile): void {
    this.#open.delete(file);
  }

  /** For KernelFile: tells once per kind of file and of error, when the error isn't an everyday one. */
  failed(path: string, thrown: unknown): void {
    const code = codeOf(thrown);
    const kind = `${code} ${basename(path)}`;
    if (EXPECTED.has(code) || this.#told.has(kind) || this.#told.size >= 100) return;
    this.#told.add(kind);
    this.#log.info('file cannot be read, its series are left out', { path, reason: reasonOf(thrown) });
  }
}

/** One file of the kernel's, read again and again. */
export class KernelFile {
  readonly path: string;
  readonly #files: KernelFiles;
  #fd = -1;
  #pauseReads = 0;

  constructor(files: KernelFiles, path: string) {
    this.#files = files;
    this.path = path;
  }

  /** The content, valid until another file is read; undefined when it can't be read now. */
  read(): Text | undefined {
    if (this.#fd < 0 && !this.#tryOpen()) return undefined;
    try {
      const text = this.#files.readAll(this.#fd);
      if (!this.#files.keep(this)) this.close();
      return text;
    } catch (thrown) {
      this.#files.failed(this.path, thrown);
      this.close();
      return undefined;
    }
  }

  close(): void {
    if (this.#fd < 0) return;
    closeSync(this.#fd);
    this.#fd = -1;
    this.#files.forget(this);
  }

  #tryOpen(): boolean {
    if (this.#pauseReads > 0) {
      this.#pauseReads--;
      return false;
    }
    try {
      this.#fd = openSync(this.path, 'r');
      return true;
    } catch (thrown) {
      this.#pauseReads = RETRY_AFTER_READS;
      this.#files.failed(this.path, thrown);
      return false;
    }
  }
}

/** The `code` of an error of node:fs, `''` of anything else. */
function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
}

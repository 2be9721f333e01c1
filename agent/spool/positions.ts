import { readFileSync, renameSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';

import { replaceDurably } from '../../lib/durable-file.ts';
import { reasonOf } from '../../lib/fault.ts';
import { applyCheckpoint, decodePairs, type Checkpoint } from './checkpoint.ts';

/** Positions in a file, as far as they are acknowledged; layout in FORMAT.md. */
export class PositionsFile {
  readonly #file: string;
  readonly #positions: Map<string, unknown>;
  #dirty = false;
  /** Counts writes, so that one under way does not replace a later one. */
  #written = 0;
  /** Was there no file at all: nothing has ever been followed with this folder. */
  readonly isNew: boolean;

  /** A file that can't be read is told, and is as an empty one. */
  constructor(file: string, damaged: (reason: string) => void) {
    this.#file = file;
    const found = readPositions(file, damaged);
    this.isNew = found === undefined;
    this.#positions = new Map(found);
  }

  get positions(): Checkpoint {
    return this.#positions;
  }

  apply(checkpoint: Checkpoint): void {
    applyCheckpoint(this.#positions, checkpoint);
    this.#dirty = true;
  }

  /** Writes what has changed to the disk; everything else waits. */
  saveNow(): void {
    if (!this.#dirty) return;
    this.#written++;
    replaceDurably(this.#file, this.#content());
    this.#dirty = false;
  }

  /** The same without keeping others from working. */
  async save(): Promise<void> {
    if (!this.#dirty) return;
    this.#dirty = false;
    const write = ++this.#written;
    try {
      const beside = `${this.#file}.durable`;
      await writeSynced(beside, this.#content());
      if (write !== this.#written) return;
      renameSync(beside, this.#file);
      await sync(dirname(this.#file));
    } catch (thrown) {
      this.#dirty = true;
      throw thrown;
    }
  }

  #content(): string {
    return JSON.stringify({ version: 1, positions: [...this.#positions] });
  }
}

async function writeSynced(file: string, content: string): Promise<void> {
  const handle = await open(file, 'w');
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function sync(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function readPositions(file: string, damaged: (reason: string) => void): Checkpoint | undefined {
  try {
    const content = JSON.parse(readFileSync(file, 'utf8')) as {
      version?: unknown;
      positions?: unknown;
    } | null;
    if (content?.version !== 1) throw new Error(`its version is ${String(content?.version)}, not 1`);
    return decodePairs(content.positions);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    damaged(reasonOf(thrown));
    return new Map();
  }
}

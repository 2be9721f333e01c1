import { Fault } from '../../../lib/fault.ts';
import type { BlockKind, BlockSink, BlockSource } from './blocks.ts';

/** The blocks of one part in memory. */
export class MemoryBlocks implements BlockSink, BlockSource {
  readonly blocks: Uint8Array[] = [new Uint8Array(0)];
  readonly kinds: BlockKind[] = ['directory'];
  /** Blocks that were asked for, in order. */
  readonly asked: number[] = [];

  add(kind: BlockKind, raw: Uint8Array): number {
    this.kinds.push(kind);
    return this.blocks.push(raw.slice()) - 1;
  }

  finish(directory: Uint8Array): void {
    this.blocks[0] = directory.slice();
  }

  block(number: number): Uint8Array {
    this.asked.push(number);
    const bytes = this.blocks[number];
    if (bytes === undefined) throw new Fault('damaged', `block ${number} is missing`);
    return bytes;
  }
}

/** Runs slices of work to their end. */
export function finished<T>(work: Generator<unknown, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

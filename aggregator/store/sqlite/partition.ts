import type { OpenSamples } from '../part/open-samples.ts';
import { foldPart } from '../part/fold-part.ts';
import type { TimeRange } from '../store.ts';
import { BLOCK_TABLE, BlockPacker, insertBlock, nextPart } from './block-table.ts';
import { DayFile } from './day-file.ts';

export const PARTITION_VERSION = 2;
/**
 * A small file is mostly half-filled pages: of 480 scrapes of one host, what lies beside the values takes 0.038 bytes
 * a sample so, 0.056 with 2 KiB and 0.077 with 4 KiB.
 */
const PARTITION_PAGE_BYTES = 1024;
const FOLD_ZSTD_LEVEL = 3;

/**
 * The writing side of one partition: all samples of one day (UTC) in one file that needs no other. Each fold adds a
 * part that is complete in itself, and nothing that is there is read or changed. Layout in FORMAT.md.
 */
export class Partition extends DayFile {
  constructor(file: string) {
    super(file, PARTITION_VERSION, BLOCK_TABLE, PARTITION_PAGE_BYTES);
  }

  /** Adds the samples of a range as a part; yields between slices of work. Between `begin` and `commit`. */
  *add(samples: OpenSamples, range: TimeRange): Generator<undefined, undefined> {
    const number = nextPart(this.statements);
    const packer = new BlockPacker(FOLD_ZSTD_LEVEL);
    const insert = (): void => {
      for (const block of packer.take()) insertBlock(this.statements, number, block);
    };
    const work = foldPart(samples, range, packer, number);
    for (let step = work.next(); ; step = work.next()) {
      if (step.done === true) {
        if (step.value) packer.finish(step.value);
        insert();
        return;
      }
      insert();
      yield;
    }
  }
}

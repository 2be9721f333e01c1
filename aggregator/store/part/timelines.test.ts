import fc from 'fast-check';
import { expect, test } from 'vitest';

import { MemoryBlocks } from './blocks.fake.ts';
import type { Directory } from './directory.ts';
import { Timelines, type TimesOf, TimelinesWriter } from './timelines.ts';

const FROM_MS = 1_768_003_200_000;
const times = (...seconds: number[]): Float64Array => Float64Array.from(seconds, (s) => FROM_MS + s * 1000);

function written(lists: readonly Float64Array[]): {
  refs: TimesOf[];
  reader: Timelines;
  blocks: MemoryBlocks;
} {
  const blocks = new MemoryBlocks();
  const writer = new TimelinesWriter(blocks, FROM_MS);
  const refs = lists.map((list) => writer.add(list));
  const directory = { fromMs: FROM_MS, times: writer.finish() } as Directory;
  return { refs, reader: new Timelines(directory, blocks), blocks };
}

const read = (reader: Timelines, { timeline, skipped, left }: TimesOf): number[] => {
  const all = reader.timesOf(timeline);
  return [...all.subarray(skipped, all.length - left)];
};

test('any lists come back', () => {
  const list = fc
    .uniqueArray(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 30 })
    .map((seconds) => times(...seconds.sort((a, b) => a - b)));
  fc.assert(
    fc.property(fc.array(list, { maxLength: 12 }), (lists) => {
      const { refs, reader } = written(lists);
      expect(refs.map((ref) => read(reader, ref))).toEqual(lists.map((each) => [...each]));
      for (const [i, ref] of refs.entries()) {
        if (ref.skipped + ref.left > 0) continue;
        const ends = [reader.firstMsOf(ref.timeline), reader.lastMsOf(ref.timeline)];
        expect(ends).toEqual([lists[i]?.[0], lists[i]?.at(-1)]);
        expect(reader.countOf(ref.timeline)).toBe(lists[i]?.length);
      }
    }),
    { numRuns: 300 },
  );
});

test('a list that is a piece of another is that one', () => {
  const all = times(...Array.from({ length: 100 }, (_, i) => i * 15));
  const { refs } = written([all, all.slice(10, 90), all.slice(0, 5), all.slice()]);
  expect(refs).toEqual([
    { timeline: 0, skipped: 0, left: 0 },
    { timeline: 0, skipped: 10, left: 10 },
    { timeline: 0, skipped: 0, left: 95 },
    { timeline: 0, skipped: 0, left: 0 },
  ]);
});

test('a list with gaps is told by the other, in few bytes', () => {
  // Uneven, so that the times themselves take two bytes each.
  const all = times(...Array.from({ length: 1000 }, (_, i) => i * 15 + (i % 7) / 8));
  const gaps = all.filter((_, i) => i % 100 !== 50);
  const { refs, reader, blocks } = written([all, gaps]);
  const alone = written([all]).blocks.blocks[1] as Uint8Array;
  expect((blocks.blocks[1] as Uint8Array).length - alone.length).toBeLessThan(50);
  expect(read(reader, refs[1] as TimesOf)).toEqual([...gaps]);
});

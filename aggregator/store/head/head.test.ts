import { expect, test } from 'vitest';

import { RowBuffer } from '../row-buffer.ts';
import { Catalog } from './catalog.ts';
import { Head } from './head.ts';

test.each([1, 2 ** 32 - 1, 2 ** 32, 2 ** 52 + 1])(
  'readers see that a head is sealed through %d',
  (through) => {
    const head = new Head(1, new Catalog(1));
    const reader = new Head(1, new Catalog(1, head.catalog.buffers), head.buffers);
    expect(reader.sealedThrough).toBe(0);
    head.seal(through);
    expect(reader.sealedThrough).toBe(through);
  },
);

test('readers see how old the oldest sample is, whenever it came', () => {
  const head = new Head(1, new Catalog(1));
  const reader = new Head(1, new Catalog(1, head.catalog.buffers), head.buffers);
  const group = head.catalog.groupOfOne(['__name__', 'x']);
  const appended = (...timesMs: number[]): number => {
    const rows = new RowBuffer();
    for (const atMs of timesMs) rows.addRow(group, atMs, Float64Array.of(1));
    head.append(rows);
    return reader.oldestMs;
  };
  expect(reader.oldestMs).toBeGreaterThan(8.64e15);
  expect(appended(5000, 7000)).toBe(5000);
  expect(appended(6000, 3000, 9000)).toBe(3000);
  expect(appended(4000)).toBe(3000);
});

import { expect, test } from 'vitest';

import { labelsToRecord } from '../../wire/labels.ts';
import { Pages } from './pages.ts';

test('a page is read as the text format says', () => {
  const pages = new Pages({ job: 'node' });
  const page = '# TYPE a counter\na{path="C:\\\\x",word="say \\"a}\\" 7"} 1e3\nb -Inf\nc NaN\n';
  const [row, ...others] = pages.rows(page);
  expect(others).toEqual([]);
  expect([...(row?.values ?? [])]).toEqual([1000, -Infinity, NaN]);
  expect(row?.atMs).toBeUndefined();
  expect({ ...labelsToRecord(row?.target.series[0] ?? []) }).toEqual({
    __name__: 'a',
    job: 'node',
    path: 'C:\\x',
    word: 'say "a}" 7',
  });
  expect(pages.rows(page)[0]?.target).toBe(row?.target);
  expect(() => pages.rows('a x\n')).toThrow('"x" is not a number');
});

test('samples with times of their own are rows of their own', () => {
  const rows = new Pages({}).rows('a{x="1"} 1 5000\nb 2\na{x="2"} 3 5000\nc 4 6000\n');
  expect(rows.map(({ atMs, values }) => [atMs, [...values]])).toEqual([
    [5000, [1, 3]],
    [undefined, [2]],
    [6000, [4]],
  ]);
});

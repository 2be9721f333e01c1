import { expect, test } from 'vitest';

import { collect, type CollectedSamples } from './collected.fake.ts';
import { CONTENT_TYPE, readExposition } from './exposition.ts';

const NOW_MS = 1_700_000_000_000;
const LIMITS = { maxSamples: 50, maxLabels: 3, maxLabelLength: 30, maxHistogramBuckets: 100 };

function read(
  text: string,
  parameters: readonly (readonly [string, string])[] = [],
  limits = LIMITS,
): CollectedSamples {
  return collect(NOW_MS + 1000, limits, 'lines', (collected) =>
    readExposition(Buffer.from(text), collected, { parameters, receivedMs: NOW_MS }),
  );
}

test('samples without a time are of the time when the body came', () => {
  const text = '# TYPE a counter\na{y="2",x="1"} 1\na{y="2",x="1"} 2 1000\nb{e=""} NaN\n';
  expect(read(text)).toEqual({
    taken: [
      ['a{x="1", y="2"}', NOW_MS, 1],
      ['a{x="1", y="2"}', 1000, 2],
      ['b', NOW_MS, NaN],
    ],
    refused: '',
  });
});

test('values stay what they are in a body of any length', () => {
  const values = Array.from({ length: 1000 }, (_, i) => i + 1);
  const text = values.map((value) => `a{i="${value}"} ${value}\n`).join('');
  expect(read(text, [], { ...LIMITS, maxSamples: 1000 }).taken.map(([, , value]) => value)).toEqual(values);
});

test('a bad line is refused by its number, the rest is taken', () => {
  const long = 'v'.repeat(31);
  const text = `a 1\na x\n{x="y"} 1\nb{x="1",x="2"} 1\nb{x="${long}"} 1\nb{x="${long}"} 2\nb{c="1",d="1",e="1"} 1\nb -1 -1\nb 1 1700000001001\nz 1\n`;
  const { taken, refused } = read(text);
  expect(taken).toEqual([
    ['a', NOW_MS, 1],
    ['z', NOW_MS, 1],
  ]);
  expect(refused.split('\n')).toEqual([
    '8 lines were refused, the others taken:',
    'line 2: the value "x" is no number',
    'line 3: {x="y"}: there is no label __name__',
    'line 4: b{x="1"}: label "x" stands twice',
    'line 5: b: label "x" is longer than 30 (setting ingest.max-label-length)',
    'line 6: b: label "x" is longer than 30 (setting ingest.max-label-length)',
    'line 7: b{c="1", d="1", e="1"}: 4 labels, at most 3 are taken (setting ingest.max-labels)',
    'line 8: b: a sample of 1969-12-31T23:59:59.999Z lies before 1970',
    'line 9: b: a sample of 2023-11-14T22:13:21.001Z lies too far in the future (setting ingest.future-limit)',
  ]);
});

test('of many bad lines some are named and all counted', () => {
  const { taken, refused } = read(`${'?\n'.repeat(40)}a 1`);
  expect(taken).toHaveLength(1);
  expect(refused).toMatch(/^40 lines were refused/);
  expect(refused.split('\n')).toHaveLength(12);
  expect(refused).toMatch(/\nand 30 more$/);
});

test.each(['a 1\n', 'a x\n'])('more of %j than may be in memory is refused as a whole', (line) => {
  expect(() => read(line.repeat(51))).toThrow(
    expect.objectContaining({ code: 'too_large', message: expect.stringContaining('ingest.max-samples') }),
  );
});

test('extra labels stand on all series, over labels of their name', () => {
  const extra = [
    ['extra_label', 'job=a=b'],
    ['extra_label', 'x='],
    ['other', 'ignored'],
  ] as const;
  expect(read('a{job="c",x="1"} 1\nb 1', extra).taken).toEqual([
    ['a{job="a=b"}', NOW_MS, 1],
    ['b{job="a=b"}', NOW_MS, 1],
  ]);
  for (const wrong of ['job', '=a', ''])
    expect(() => read('a 1', [['extra_label', wrong]])).toThrow(
      expect.objectContaining({
        code: 'bad_data',
        message: expect.stringContaining(`"${wrong}", not name=value`),
      }),
    );
});

test.each([
  ['application/openmetrics-text; version=1.0.0; charset=utf-8', 'a 1 1.5\n# EOF\n', 1500, ''],
  ['application/openmetrics-text', 'a 1 1.5\n', 1500, 'line 1: # EOF is missing behind it'],
  ['text/plain; version=0.0.4', 'a 1 1500\n# EOF\n', 1500, ''],
  ['text/plain', 'a 1 1.5\n# EOF\n', 1500, ''],
  ['application/x-www-form-urlencoded', 'a 1 1.5\n# EOF', 1500, ''],
  ['', 'a 1 1500\n', 1500, ''],
])('the type %j with %j says which format it is', (type, text, atMs, reason) => {
  const { taken, refused } = read(text, [[CONTENT_TYPE, type]]);
  expect(taken).toEqual([['a', atMs, 1]]);
  expect(refused).toContain(reason);
});

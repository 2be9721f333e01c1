import fc from 'fast-check';
import { expect, test } from 'vitest';

import { Fault } from '../../lib/fault.ts';
import { labelsFrom, printLabels } from '../../wire/labels.ts';
import { collect, type CollectedSamples } from './collected.fake.ts';
import { readRemoteWrite2 } from './remote-write-2.ts';
import { remoteWriteMessage, remoteWriteMessage2, type FakeSeries2 } from './remote-write.fake.ts';
import { readRemoteWrite } from './remote-write.ts';

const NEWEST_MS = 1_767_225_600_000;
const LIMITS = { maxSamples: 100, maxLabels: 5, maxLabelLength: 50, maxHistogramBuckets: 100 };

function read(body: Uint8Array, reader = readRemoteWrite2): CollectedSamples {
  return collect(NEWEST_MS, LIMITS, 'series', (collected) => reader(body, collected));
}

const up = (job: string, more: Partial<FakeSeries2> = {}): FakeSeries2 => ({
  labels: [
    ['__name__', 'up'],
    ['job', job],
  ],
  samples: [[1000, 1]],
  ...more,
});

test.each([{}, { packed: false }, { tableFirst: false }])('a request is read by its symbols: %j', (how) => {
  const body = remoteWriteMessage2(
    [
      up('a', { exemplars: 2 }),
      up('b', {
        samples: [
          [1, -0],
          [NEWEST_MS, NaN],
        ],
      }),
    ],
    how,
  );
  expect(read(body)).toEqual({
    taken: [
      ['up{job="a"}', 1000, 1],
      ['up{job="b"}', 1, -0],
      ['up{job="b"}', NEWEST_MS, NaN],
    ],
    refused: '',
  });
});

test.each<[string, Partial<FakeSeries2>, number, string]>([
  [
    'a symbol that is not there',
    { references: [1, 2, 3, 99] },
    0,
    'series 2 of the request: there is no symbol 99, only 7',
  ],
  ['half a label', { references: [1, 2, 3] }, 0, '3 names and values of labels are no pairs'],
  ['no labels', { references: [] }, 0, 'there is no label __name__'],
  [
    'a sample of the future',
    {
      samples: [
        [NEWEST_MS + 1, 1],
        [5, 1],
      ],
    },
    1,
    'ingest.future-limit',
  ],
  ['too many labels', { references: Array.from({ length: 6000 }, () => 0) }, 0, 'more than 4000 numbers'],
  ['a text that is not UTF-8', { references: [1, 2, 3, 4] }, 0, 'symbol 4 is not UTF-8'],
])('%s: refused by name, the rest is taken', (_what, wrong, more, reason) => {
  const symbols = ['', '__name__', 'up', 'job', Uint8Array.of(0xff)];
  const body = remoteWriteMessage2([up('a'), up('x', wrong), up('b')], { symbols });
  const { taken, refused } = read(body);
  expect(taken).toHaveLength(2 + more);
  expect(taken).toEqual(
    expect.arrayContaining([
      ['up{job="a"}', 1000, 1],
      ['up{job="b"}', 1000, 1],
    ]),
  );
  expect(refused).toContain('1 series were refused, the others taken');
  expect(refused).toContain(reason);
});

test('one version under the name of the other is not taken for an empty request', () => {
  expect(() => read(remoteWriteMessage([up('a')]))).toThrow(/this is remote write 1\.0/);
  expect(() => read(remoteWriteMessage2([up('a')]), readRemoteWrite)).toThrow(/this is remote write 2\.0/);
});

test('a request with more samples or symbols than may be in memory is refused as a whole', () => {
  const samples = Array.from({ length: 101 }, (_, i): [number, number] => [i, i]);
  expect(() => read(remoteWriteMessage2([up('a', { samples })]))).toThrow(
    expect.objectContaining({ code: 'too_large', message: expect.stringContaining('ingest.max-samples') }),
  );
  // Empty texts: a tag and a length of 0.
  const symbols = Buffer.alloc(2_000_002).map((_, i) => (i % 2 === 0 ? (4 << 3) | 2 : 0));
  expect(() => read(symbols)).toThrow(expect.objectContaining({ code: 'too_large' }));
});

const text = fc.string({ unit: 'grapheme', maxLength: 10 });
const series = fc.record({
  labels: fc
    .dictionary(
      text.filter((name) => name !== ''),
      text,
      { maxKeys: 4 },
    )
    .map((labels) => Object.entries({ ...labels, __name__: 'm' })),
  samples: fc.array(fc.tuple(fc.nat(NEWEST_MS), fc.double()), { maxLength: 4 }),
});

test('what is written is read, as version 1.0 reads it', () => {
  fc.assert(
    fc.property(fc.array(series, { maxLength: 5 }), fc.boolean(), fc.boolean(), (all, packed, tableFirst) => {
      const result = read(remoteWriteMessage2(all, { packed, tableFirst }));
      expect(result.refused).toBe('');
      expect(result.taken).toEqual(
        all.flatMap(({ labels, samples }) =>
          samples.map(([atMs, value]) => [printLabels(labelsFrom(Object.fromEntries(labels))), atMs, value]),
        ),
      );
      expect(result).toEqual(read(remoteWriteMessage(all), readRemoteWrite));
    }),
  );
});

test('a request with flipped bits or cut short is read or a fault', () => {
  fc.assert(
    fc.property(
      fc.array(series, { minLength: 1, maxLength: 3 }),
      fc.nat(),
      fc.nat(7),
      fc.boolean(),
      (all, at, bit, cut) => {
        const body = remoteWriteMessage2(all);
        const place = at % body.length;
        body[place]! ^= 1 << bit;
        try {
          read(cut ? body.subarray(0, place) : body);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(Fault);
        }
      },
    ),
    { numRuns: 500 },
  );
});

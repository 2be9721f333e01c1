import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Fault } from '../../lib/fault.ts';
import { labelsFrom, printLabels } from '../../wire/labels.ts';
import { collect, type CollectedSamples } from './collected.fake.ts';
import { readInflux } from './influx-lines.ts';
import { parseInfluxTime, parseInfluxValue, timeUnit } from './influx-value.ts';

const NOW_MS = 1_767_225_600_123;
const LIMITS = { maxSamples: 1000, maxLabels: 5, maxLabelLength: 30, maxHistogramBuckets: 100 };

interface Told {
  readonly taken: string[];
  readonly refused: string;
  readonly skipped: number;
}

function read(
  lines: string | Uint8Array,
  parameters: Record<string, string> = {},
): CollectedSamples & { skipped: number } {
  let skipped = 0;
  const form = { parameters: Object.entries(parameters), receivedMs: NOW_MS };
  const samples = collect(NOW_MS, LIMITS, 'lines', (collected) => {
    readInflux(Buffer.from(lines), collected, form);
    ({ skipped } = collected);
  });
  return { ...samples, skipped };
}

function decode(lines: string | Uint8Array, parameters: Record<string, string> = {}): Told {
  const { taken, refused, skipped } = read(lines, parameters);
  return {
    taken: taken.map(([series, atMs, value]) => `${series} ${value}${atMs === NOW_MS ? '' : ` @${atMs}`}`),
    // Without the line that counts them.
    refused: refused.slice(refused.indexOf('\n') + 1),
    skipped,
  };
}

describe('Influx lines', () => {
  test.each<[string, string[]]>([
    ['m value=1', ['m 1']],
    ['m usage=1', ['m_usage 1']],
    ['cpu/usage,pod_name=a value=5i 1000000000', ['cpu/usage{pod_name="a"} 5 @1000']],
    [
      'm,a=b,c=d x=1.5,y=-2i,z=t 1500000000',
      ['x 1.5', 'y -2', 'z 1'].map((field) => `m_${field.replace(' ', '{a="b", c="d"} ')} @1500`),
    ],
    ['m x=1,x=2', ['m_x 2']],
    ['m,a= x=1', ['m_x 1']],
    ['  m   x=1   1000000 \r', ['m_x 1 @1']],
    [String.raw`m\ n\,o,a\=b=c\ d\,e x\=y=1`, ['m n,o_x=y{a=b="c d,e"} 1']],
    [String.raw`m,path=C:\\dir\x x=1`, [String.raw`m_x{path="C:\\dir\\x"} 1`]],
    ['m=n x=1', ['m=n_x 1']],
    ['mé,ü=ö x=1', ['mé_x{ü="ö"} 1']],
    ['# a comment\n\n \nm x=1', ['m_x 1']],
  ])('%j', (line, taken) => expect(decode(line)).toEqual({ taken, refused: '', skipped: 0 }));

  test('values stay what they are in a body of any length', () => {
    const values = Array.from({ length: 900 }, (_, i) => i + 1);
    const lines = Array.from({ length: 300 }, (_, i) => `m${i} a=${3 * i + 1},b=${3 * i + 2},c=${3 * i + 3}`);
    expect(read(lines.join('\n')).taken.map(([, , value]) => value)).toEqual(values);
  });

  test('the db is a label where no tag is called so', () => {
    expect(decode('m x=1\nm,db=b x=2\nm,db= x=3', { db: 'a' }).taken).toEqual([
      'm_x{db="a"} 1',
      'm_x{db="b"} 2',
      'm_x{db="a"} 3',
    ]);
  });

  test('texts are passed over and counted', () => {
    const line = String.raw`m s="a,b c=1 \" \\",x=1,t="" 1000000`;
    expect(decode(line)).toEqual({ taken: ['m_x 1 @1'], refused: '', skipped: 2 });
    expect(decode('m s="only"\nm x=1')).toMatchObject({ taken: ['m_x 1'], skipped: 1 });
    expect(decode('m s="two\nlines",x=1\nm x=b')).toEqual({
      taken: ['m_x 1'],
      refused: 'line 3: field "x": "b" is no value',
      skipped: 1,
    });
  });

  test.each([
    ['m', 'there is no field'],
    [',a=b x=1', 'there is no measurement'],
    ['m,a x=1', 'tag "a" has no value'],
    ['m,a=b=c x=1', 'tag "a": an = within the value needs a \\ before it'],
    ['m,a=b,a=c x=1', 'm_x{a="b"}: label "a" stands twice'],
    ['m,__name__=b x=1', 'm_x: label "__name__" stands twice'],
    ['m,=b x=1', 'm_x: a label without a name'],
    ['m x', 'field "x" has no value'],
    ['m x=', 'field "x": "" is no value'],
    ['m x=1,', 'there is no field'],
    ['m ,x=1', 'there is no field'],
    ['m x=nan', 'field "x": "nan" is no value'],
    ['m x="a', 'field "x": the text has no closing quote'],
    ['m x="a"b', 'field "x": the text has no closing quote'],
    ['m x=1 1.5', 'the timestamp "1.5" is no integer'],
    ['m x=1 1 2', 'the timestamp "1 2" is no integer'],
    ['m x=1 -1', 'm_x: a sample of 1969-12-31T23:59:59.999Z lies before 1970'],
    [
      `m x=1 ${NOW_MS + 1}000000`,
      'm_x: a sample of 2026-01-01T00:00:00.124Z lies too far in the future (setting ingest.future-limit)',
    ],
    [`m,a=${'b'.repeat(31)} x=1`, 'm_x: label "a" is longer than 30 (setting ingest.max-label-length)'],
    [
      'm,a=1,b=1,c=1,d=1,e=1 x=1',
      'm_x{a="1", b="1", c="1", d="1", e="1"}: 6 labels, at most 5 are taken (setting ingest.max-labels)',
    ],
  ])('%j is refused alone', (line, reason) => {
    expect(decode(`m x=1\n${line}\nm x=2`)).toEqual({
      taken: ['m_x 1', 'm_x 2'],
      refused: `line 2: ${reason}`,
      skipped: 0,
    });
  });

  test('a line that is not UTF-8 is refused alone', () => {
    const lines = Buffer.concat([
      Buffer.from('m x=1\nm,a='),
      Buffer.of(0xff),
      Buffer.from(' x=2\n\ufffd x=3'),
    ]);
    expect(decode(lines)).toMatchObject({ taken: ['m_x 1'] });
    expect(decode('\ufffd x=3').taken).toEqual(['\ufffd_x 3']);
  });

  test('many bad lines are counted, ten are named', () => {
    const { refused } = decode('m\n'.repeat(25));
    expect(refused.split('\n')).toHaveLength(11);
    expect(refused).toMatch(/^line 1: .*\nand 15 more$/s);
  });

  test.each([
    ['', '1700000000123000000', 1_700_000_000_123],
    ['ns', '1700000000123999999', 1_700_000_000_123],
    ['n', '999999', 0],
    ['u', '1700000000123000', 1_700_000_000_123],
    ['us', '1700000000123999', 1_700_000_000_123],
    ['ms', '1700000000123', 1_700_000_000_123],
    ['s', '1700000000', 1_700_000_000_000],
    ['m', '2', 120_000],
    ['h', '2', 7_200_000],
    ['ns', '-1', -1],
    ['ms', '1e3', undefined],
    ['ms', '12345678901234567890', undefined],
  ])('a time with precision %j: %s', (precision, time, atMs) => {
    expect(parseInfluxTime(time, timeUnit(precision)!)).toBe(atMs);
  });

  test.each([
    ['1', 1],
    ['-1.5e-3', -0.0015],
    ['.5', 0.5],
    ['5.', 5],
    ['9223372036854775807i', 2 ** 63],
    ['9223372036854775808i', undefined],
    ['-9223372036854775808i', -(2 ** 63)],
    ['+3i', 3],
    ['18446744073709551615u', 2 ** 64],
    ['18446744073709551616u', undefined],
    ['-1u', undefined],
    ['1.5i', undefined],
    ['i', undefined],
    ['TRUE', 1],
    ['F', 0],
    ['tRUE', undefined],
    ['1e999', undefined],
    ['0x10', undefined],
    ['Infinity', undefined],
  ])('the value %s', (text, value) => expect(parseInfluxValue(text)).toBe(value));

  test('a precision that is none is a fault', () => {
    expect(() => decode('m x=1', { precision: 'y' })).toThrow(/the precision "y" is none of/);
  });

  test('what is written is what is read', () => {
    const name = fc.string({ unit: fc.constantFrom(...'aé, =\\'.split('')), minLength: 1, maxLength: 4 });
    // A sender can't say a sign before a separator that is a lone \ at the end.
    const text = name.map((drawn) => `${drawn}.`);
    const point = fc.record({
      measurement: text.map((drawn) => `m${drawn}`),
      tags: fc.dictionary(text, text, { maxKeys: 2 }),
      fields: fc.dictionary(text, fc.double({ noNaN: true, noDefaultInfinity: true }), {
        minKeys: 1,
        maxKeys: 3,
      }),
      atMs: fc.integer({ min: 0, max: NOW_MS - 1 }),
    });
    fc.assert(
      fc.property(fc.array(point, { minLength: 1 }), (points) => {
        const lines = points.map(({ measurement, tags, fields, atMs }) => {
          const series = [escape(measurement), ...Object.entries(tags).map(escapePair)].join(',');
          return `${series} ${Object.entries(fields).map(escapePair).join(',')} ${atMs}`;
        });
        const samples = points.flatMap(({ measurement, tags, fields, atMs }) =>
          Object.entries(fields).map(([field, value]) => {
            const labels = labelsFrom({ db: 'd', ...tags, __name__: `${measurement}_${field}` });
            return [printLabels(labels), atMs, value];
          }),
        );
        expect(read(lines.join('\n'), { db: 'd', precision: 'ms' })).toEqual({
          taken: samples,
          refused: '',
          skipped: 0,
        });
      }),
    );
  });

  test('random bytes are a fault at most', () => {
    const signs = fc.string({ unit: fc.constantFrom(...'ab1i ,="\\\n#é'.split('')) });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          signs.map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          try {
            decode(bytes);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(Fault);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});

function escape(text: string): string {
  return text.replace(/[ ,=\\]/g, String.raw`\$&`);
}

function escapePair([name, value]: [string, string | number]): string {
  return `${escape(name)}=${typeof value === 'number' ? printNumber(value) : escape(value)}`;
}

function printNumber(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Fault } from '../../lib/fault.ts';
import { decodeQueryResult, decodeStrings, parseSample } from './answer.ts';

const ok = (data: unknown): unknown => ({ status: 'success', data });

describe('decodeQueryResult', () => {
  test('a matrix', () => {
    const body = ok({
      resultType: 'matrix',
      result: [
        {
          metric: { a: 'b' },
          values: [
            [1, '2'],
            [3.5, 'NaN'],
          ],
        },
      ],
    });
    const { type, series } = decodeQueryResult(body);
    expect(type).toBe('matrix');
    expect({ ...series[0]?.labels }).toEqual({ a: 'b' });
    expect(series[0]?.points).toEqual([
      [1, 2],
      [3.5, Number.NaN],
    ]);
  });

  test('a vector, with a warning', () => {
    const data = { resultType: 'vector', result: [{ metric: {}, value: [7, '-Inf'] }] };
    const result = decodeQueryResult({ status: 'success', data, warnings: ['slow'] });
    expect(result.series[0]?.points).toEqual([[7, Number.NEGATIVE_INFINITY]]);
    expect(result.warnings).toEqual(['slow']);
  });

  test('a scalar is one series without labels', () => {
    expect(decodeQueryResult(ok({ resultType: 'scalar', result: [7, '3'] })).series).toEqual([
      { labels: {}, points: [[7, 3]] },
    ]);
  });

  test('native histograms are series without points', () => {
    const result = [
      { metric: { a: 'b' }, histograms: [[1, {}]] },
      { metric: { a: 'c' }, histogram: [1, {}] },
    ];
    for (const resultType of ['matrix', 'vector']) {
      expect(decodeQueryResult(ok({ resultType, result })).series.map((s) => s.points)).toEqual([[], []]);
    }
  });

  test("the server's words and kind of error are kept", () => {
    const body = { status: 'error', errorType: 'bad_data', error: '1:5: parse error: unexpected "}"' };
    expect(() => decodeQueryResult(body)).toThrow(new Fault('bad_data', '1:5: parse error: unexpected "}"'));
  });

  test.each<[string, unknown]>([
    ['no JSON object', null],
    ['no status', {}],
    ['data is no object', ok([])],
    ['resultType is table', ok({ resultType: 'table' })],
    ['no list of series', ok({ resultType: 'matrix', result: [1] })],
    ['a point is no', ok({ resultType: 'matrix', result: [{ metric: {}, values: [['1', '2']] }] })],
    ['a string', ok({ resultType: 'string', result: [1, 'x'] })],
  ])('%s', (words, body) => {
    expect(() => decodeQueryResult(body)).toThrow(words);
  });

  test('anything at all is decoded or is a Fault', () => {
    const result = fc.oneof(
      fc.anything(),
      fc.array(fc.record({ metric: fc.anything(), values: fc.anything(), value: fc.anything() })),
    );
    const resultType = fc.constantFrom('matrix', 'vector', 'scalar', 'string', 'x');
    const body = fc.oneof(fc.anything(), fc.record({ resultType, result }).map(ok));
    fc.assert(
      fc.property(body, (body) => {
        try {
          for (const { points } of decodeQueryResult(body).series) {
            for (const [at, value] of points) expect([typeof at, typeof value]).toEqual(['number', 'number']);
          }
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(Fault);
        }
      }),
    );
  });
});

test('a label called __proto__ is only a label', () => {
  const metric = JSON.parse('{"__proto__": "x", "a": "b"}');
  const { series } = decodeQueryResult(ok({ resultType: 'vector', result: [{ metric, value: [1, '1'] }] }));
  expect(Object.keys(series[0]?.labels ?? {})).toEqual(['__proto__', 'a']);
});

test.each([
  ['1e3', 1000],
  ['+Inf', Number.POSITIVE_INFINITY],
  ['NaN', Number.NaN],
  ['', Number.NaN],
  [5, Number.NaN],
])('sample %j is %d', (written, value) => {
  expect(parseSample(written)).toBe(value);
});

test('lists of strings leave out what is none', () => {
  expect(decodeStrings(ok(['a', 1, 'b']))).toEqual(['a', 'b']);
  expect(() => decodeStrings(ok({}))).toThrow('data is no list');
});

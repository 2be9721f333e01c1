import { describe, expect, test } from 'vitest';

import { everything } from '../../store/scope.ts';
import { MemoryReader } from './fakes/memory-reader.ts';
import { toPrometheusJson } from './json.ts';
import { queryInstant, queryRange } from './query.ts';

const LIMITS = { maxSamples: 1e6, maxSeries: 1000, maxSteps: 11_000, checkDeadline() {} };
const reader = new MemoryReader();
const common = { lookbackMs: 300_000, limits: LIMITS };

function instant(query: string, timeMs: number): string {
  return Buffer.from(
    toPrometheusJson(queryInstant(reader, everything, { query, timeMs, ...common })),
  ).toString();
}

function range(query: string, startMs: number, endMs: number, stepMs: number): string {
  const result = queryRange(reader, everything, { query, startMs, endMs, stepMs, ...common });
  return Buffer.from(toPrometheusJson(result)).toString();
}

const data = (type: string, result: string, more = ''): string =>
  `{"status":"success","data":{"resultType":"${type}","result":${result}}${more}}`;

// The answers are those of a real Prometheus 2.42 to these queries.
describe('the envelope of an instant query', () => {
  test.each([
    ['vector(1e21)', 1500, data('vector', '[{"metric":{},"value":[1.500,"1e+21"]}]')],
    ['vector(1e-7)', 4000, data('vector', '[{"metric":{},"value":[4,"1e-07"]}]')],
    [
      'vector(123456789012345680000)',
      1,
      data('vector', '[{"metric":{},"value":[0.001,"123456789012345680000"]}]'),
    ],
    ['1e21', 1500, data('scalar', '[1.5,"1000000000000000000000"]')],
    ['1e-7', 1250, data('scalar', '[1.25,"0.0000001"]')],
    ['010', 0, data('scalar', '[0,"8"]')],
    ['0/0', 0, data('scalar', '[0,"NaN"]')],
    ['-1/0', 0, data('scalar', '[0,"-Inf"]')],
    ['"a\\"b"', 1002, data('string', '[1.002,"a\\"b"]')],
    [
      'label_replace(vector(-0),"x","é\\n","","")',
      1002,
      data('vector', '[{"metric":{"x":"é\\n"},"value":[1.002,"-0"]}]'),
    ],
    ['absent(x{job="a", b=~"c"})', 4000, data('vector', '[{"metric":{"job":"a"},"value":[4,"1"]}]')],
    ['x', 4000, data('vector', '[]')],
    ['x[5m]', 4000, data('matrix', '[]')],
  ])('%s', (query, timeMs, want) => {
    expect(instant(query, timeMs)).toBe(want);
  });

  test('warnings come with their place', () => {
    const warning = 'PromQL warning: quantile value should be between 0 and 1, got 2 (2:11)';
    const result = '[{"metric":{},"value":[5,"+Inf"]}]';
    expect(instant('\n quantile(2, vector(1))', 5000)).toBe(
      data('vector', result, `,"warnings":["${warning}"]`),
    );
  });
});

test('the envelope of a range query', () => {
  const values = '[[1,"1e+21"],[1.500,"1e+21"],[2,"1e+21"]]';
  expect(range('1e21', 1000, 2000, 500)).toBe(data('matrix', `[{"metric":{},"values":${values}}]`));
});

test('a long answer comes in one piece', () => {
  const body = JSON.parse(range('vector(time() * 123456.789)', 0, 1e7, 1000)) as {
    data: { result: { values: unknown[] }[] };
  };
  expect(body.data.result[0]?.values).toHaveLength(10_001);
});

import { describe, expect, test } from 'vitest';

import { everything } from '../../store/scope.ts';
import type { NativeHistogram } from '../../store/native-histogram.ts';
import { readHistogram } from './fakes/histograms.ts';
import type { MemorySeries } from './fakes/memory-reader.ts';
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

describe('native histograms', () => {
  const timestampsMs = Float64Array.of(1000, 2000, 3000);
  const histogram = readHistogram(
    'count:6 sum:1e-7 z_bucket:1 z_bucket_w:0.25 offset:1 buckets:[2 0 1] n_offset:1 n_buckets:[2]',
  );
  const custom = readHistogram('schema:-53 count:3 custom_values:[1] buckets:[1 2]');
  const empty = readHistogram('');
  const series = (name: string, histograms: NativeHistogram[]): MemorySeries => {
    const values = Float64Array.from(histograms, ({ sum }) => sum);
    return {
      labels: ['__name__', name],
      timestampsMs: timestampsMs.slice(0, histograms.length),
      values,
      histograms,
    };
  };
  const natives = new MemoryReader([
    series('h', [histogram, empty]),
    { labels: ['__name__', 'h'], timestampsMs: Float64Array.of(3000), values: Float64Array.of(7) },
    series('custom', [custom]),
  ]);
  const text =
    '{"count":"6","sum":"1e-07","buckets":[[1,"-2","-1","2"],[3,"-0.25","0.25","1"],[0,"1","2","2"],[0,"4","8","1"]]}';
  const ask = (query: string, timeMs: number): string =>
    Buffer.from(toPrometheusJson(queryInstant(natives, everything, { query, timeMs, ...common }))).toString();

  test('one stands in the place of the value', () => {
    expect(ask('h', 1000)).toBe(data('vector', `[{"metric":{"__name__":"h"},"histogram":[1,${text}]}]`));
    expect(ask('custom', 1000)).toBe(
      data(
        'vector',
        '[{"metric":{"__name__":"custom"},"histogram":[1,{"count":"3","sum":"0","buckets":[[3,"-Inf","1","1"],[0,"1","+Inf","2"]]}]}]',
      ),
    );
  });

  test('those of a series stand beside its values', () => {
    const series = `[{"metric":{"__name__":"h"},"values":[[3,"7"]],"histograms":[[1,${text}],[2,{"count":"0","sum":"0"}]]}]`;
    expect(ask('h[5s]', 3000)).toBe(data('matrix', series));
    const query = { query: 'h', startMs: 1000, endMs: 3000, stepMs: 1000, ...common };
    expect(Buffer.from(toPrometheusJson(queryRange(natives, everything, query))).toString()).toBe(
      data('matrix', series),
    );
    const ones = `[{"metric":{"__name__":"custom"},"histograms":[[1,{"count":"3","sum":"0","buckets":[[3,"-Inf","1","1"],[0,"1","+Inf","2"]]}]]}]`;
    expect(ask('custom[5s]', 3000)).toBe(data('matrix', ones));
  });
});

test('a long answer comes in one piece', () => {
  const body = JSON.parse(range('vector(time() * 123456.789)', 0, 1e7, 1000)) as {
    data: { result: { values: unknown[] }[] };
  };
  expect(body.data.result[0]?.values).toHaveLength(10_001);
});

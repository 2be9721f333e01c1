import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Fault } from '../../lib/fault.ts';
import { isStale } from '../../wire/sample.ts';
import { collect, type CollectedSamples } from './collected.fake.ts';
import { readOtlpJson } from './otlp-json.ts';
import type { OtlpSink } from './otlp-metric.ts';
import { labelName, metricName, plainNumber } from './otlp-names.ts';
import { readOtlpProtobuf } from './otlp-protobuf.ts';
import { OtlpRows } from './otlp-rows.ts';
import {
  otlpProtobuf,
  type FakeAttribute,
  type FakeMetric,
  type FakeOtlp,
  type FakePoint,
} from './otlp.fake.ts';

const NOW_MS = 1_767_225_600_123;
const TIME = `${NOW_MS}456789`;
const LIMITS = { maxSamples: 1000, maxLabels: 12, maxLabelLength: 200, maxHistogramBuckets: 100 };

interface Told {
  /** `series value`, or `series stale`. */
  readonly taken: string[];
  readonly refused: string;
  readonly count: number;
}

type Read = (bytes: Uint8Array, sink: OtlpSink) => void;

function collectFrom(read: Read, body: Uint8Array): CollectedSamples & { stale: Set<number>; count: number } {
  const stale = new Set<number>();
  let count = 0;
  const samples = collect(NOW_MS, LIMITS, 'points', (collected) => {
    read(body, new OtlpRows(collected));
    const { rows } = collected;
    for (let i = 0; i < rows.valueCount; i++) if (isStale(rows.values, i)) stale.add(i);
    count = collected.refused;
  });
  return { ...samples, stale, count };
}

function decode(read: Read, body: Uint8Array): Told {
  const { taken, refused, stale, count } = collectFrom(read, body);
  return {
    taken: taken.map(
      ([series, atMs, value], i) =>
        `${series} ${stale.has(i) ? 'stale' : value}${atMs === NOW_MS ? '' : ` @${atMs}`}`,
    ),
    // Without the line that counts them.
    refused: refused.slice(refused.indexOf('\n') + 1),
    count,
  };
}

/** Read from both encodings, which must say the same. */
function both(request: FakeOtlp): Told {
  const told = decode(readOtlpProtobuf, otlpProtobuf(request));
  expect(decode(readOtlpJson, Buffer.from(JSON.stringify(request)))).toEqual(told);
  return told;
}

const word = (key: string, stringValue: string): FakeAttribute => ({ key, value: { stringValue } });
const request = (metrics: readonly FakeMetric[], attributes: readonly FakeAttribute[] = []): FakeOtlp => ({
  resourceMetrics: [{ resource: { attributes }, scopeMetrics: [{ metrics }] }],
});
const at = (point: Omit<FakePoint, 'timeUnixNano'>): FakePoint => ({ timeUnixNano: TIME, ...point });
const gauge = (name: string, ...dataPoints: FakePoint[]): FakeMetric => ({ name, gauge: { dataPoints } });

describe('names', () => {
  test.each([
    ['http.server.duration', 's', 'histogram', false, 'http_server_duration_seconds'],
    ['http.server.duration.seconds', 's', 'histogram', false, 'http_server_duration_seconds'],
    ['memory.usage', 'By', 'gauge', false, 'memory_usage_bytes'],
    ['requests.count', '1', 'sum', true, 'requests_count_total'],
    ['requests_total', '', 'sum', true, 'requests_total'],
    ['total.requests', '{request}', 'sum', true, 'requests_total'],
    ['system.cpu.utilization', '1', 'gauge', false, 'system_cpu_utilization_ratio'],
    ['queue.length', '1', 'sum', false, 'queue_length'],
    ['disk.speed', 'By/s', 'gauge', false, 'disk_speed_bytes_per_second'],
    ['disk.speed', '{op}/s', 'gauge', false, 'disk_speed_per_second'],
    ['fill', '%', 'gauge', false, 'fill_percent'],
    ['a..b__c-d:e', 'foo bar', 'gauge', false, 'a_b_c_d:e_foo_bar'],
    ['2xx', '', 'sum', true, '_2xx_total'],
    ['...', '', 'gauge', false, ''],
    ['x', 'constructor', 'gauge', false, 'x_constructor'],
  ])('%s of %j, a %s, is %s', (name, unit, kind, monotonic, expected) => {
    expect(metricName({ name, unit, kind, monotonic })).toBe(expected);
  });

  test.each([
    ['http.method', 'http_method'],
    ['a..b', 'a_b'],
    ['1st', 'key_1st'],
    ['_a', '_a'],
    ['__a.b__', '__a_b__'],
    ['é', ''],
    ['', ''],
  ])('the attribute %j is the label %j', (key, expected) => expect(labelName(key)).toBe(expected));

  test.each([
    [0.005, '0.005'],
    [1e-7, '0.0000001'],
    [1.25e-9, '0.00000000125'],
    [1e21, '1000000000000000000000'],
    [-1.5e22, '-15000000000000000000000'],
    [10, '10'],
    [Infinity, '+Inf'],
  ])('the bound %d is printed as %s', (value, expected) => expect(plainNumber(value)).toBe(expected));
});

describe('OTLP in protobuf and JSON', () => {
  test('the resource names the target; its other attributes are target_info', () => {
    const resource = [
      word('service.namespace', 'shop'),
      word('service.name', 'cart'),
      word('service.instance.id', 'pod-1'),
      word('k8s.pod.name', 'cart-1'),
    ];
    const cpu = gauge('cpu', at({ asDouble: 0.25, attributes: [word('core.id', '0')] }));
    expect(both(request([cpu], resource)).taken).toEqual([
      'cpu{core_id="0", instance="pod-1", job="shop/cart"} 0.25',
      'target_info{instance="pod-1", job="shop/cart", k8s_pod_name="cart-1"} 1',
    ]);
    expect(both(request([cpu], resource.slice(0, 3))).taken).toHaveLength(1);
    expect(both(request([cpu], resource.slice(3))).taken).toEqual(['cpu{core_id="0"} 0.25']);
  });

  test('target_info stands beside every point, without one a point', () => {
    const points = [0, 1, 149, 151, 3600, 3601].map((seconds) => ({
      timeUnixNano: `${1000 + seconds}000000000`,
      asDouble: 1,
    }));
    const resource = [word('service.name', 'a'), word('host', 'h')];
    const told = both(request([gauge('m', ...points.reverse())], resource)).taken;
    const infos = told.filter((line) => line.startsWith('target_info'));
    expect(infos.map((line) => Number(line.split('@')[1]) / 1000 - 1000)).toEqual([0, 151, 3600, 3601]);
  });

  test('values stay what they are in a body of any length', () => {
    const points = Array.from({ length: 500 }, (_, i) => ({
      timeUnixNano: `${1000 + 300 * i}000000000`,
      asInt: String(i),
    }));
    const { taken } = both(request([gauge('m', ...points)], [word('service.name', 'a'), word('host', 'h')]));
    expect(taken.map((line) => line.split(' ').at(-2))).toEqual([
      ...points.map(({ asInt }) => asInt),
      ...points.map(() => '1'),
    ]);
  });

  test('the scope is labels', () => {
    const scope = { name: 'lib', version: '1.2', attributes: [word('a.b', 'c')] };
    const metrics = [gauge('m', at({ asInt: '3' }))];
    const scoped: FakeOtlp = {
      resourceMetrics: [{ scopeMetrics: [{ scope, schemaUrl: 'https://x/1', metrics }] }],
    };
    expect(both(scoped).taken).toEqual([
      'm{otel_scope_a_b="c", otel_scope_name="lib", otel_scope_schema_url="https://x/1", otel_scope_version="1.2"} 3',
    ]);
  });

  test('attributes of every type, and those that give one label', () => {
    const attributes: FakeAttribute[] = [
      word('x_y', 'second'),
      word('x.y', 'first'),
      word('__name__', 'other'),
      { key: 'bool', value: { boolValue: true } },
      { key: 'int', value: { intValue: '-9223372036854775807' } },
      { key: 'double', value: { doubleValue: 1.5e-7 } },
      { key: 'bytes', value: { bytesValue: 'AQI=' } },
      { key: 'none', value: {} },
      { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a<b' }, { intValue: '2' }, {}] } } },
      { key: 'map', value: { kvlistValue: { values: [word('z', '1'), word('a', '2')] } } },
    ];
    expect(both(request([gauge('m', at({ asInt: '1', attributes }))])).taken).toEqual([
      String.raw`m{bool="true", bytes="AQI=", double="1.5e-7", int="-9223372036854775807", list="[\"a\\u003cb\",2,null]", map="{\"a\":\"2\",\"z\":\"1\"}", x_y="first;second"} 1`,
    ]);
  });

  test('a histogram is buckets, sum and count; a summary is quantiles', () => {
    const histogram = (point: Omit<FakePoint, 'timeUnixNano'>): FakeMetric => ({
      name: 'd',
      unit: 's',
      histogram: { aggregationTemporality: 2, dataPoints: [at(point)] },
    });
    const point = { count: '6', bucketCounts: ['1', '2', '3'], explicitBounds: [0.5, 10] };
    expect(both(request([histogram({ ...point, sum: 12.5 })])).taken).toEqual([
      'd_seconds_count 6',
      'd_seconds_bucket{le="0.5"} 1',
      'd_seconds_bucket{le="10"} 3',
      'd_seconds_bucket{le="+Inf"} 6',
      'd_seconds_sum 12.5',
    ]);
    expect(both(request([histogram({ ...point, flags: 1 })])).taken).toEqual([
      'd_seconds_count stale',
      'd_seconds_bucket{le="0.5"} stale',
      'd_seconds_bucket{le="10"} stale',
      'd_seconds_bucket{le="+Inf"} stale',
    ]);
    expect(both(request([histogram({ count: '2' })])).taken).toEqual([
      'd_seconds_count 2',
      'd_seconds_bucket{le="+Inf"} 2',
    ]);
    expect(both(request([histogram({ ...point, explicitBounds: [10, 1] })])).refused).toBe(
      'd_seconds: the bounds 10, 1 do not rise',
    );
    const quantileValues = [{ quantile: 0.99, value: 3 }];
    const summary = { dataPoints: [at({ count: '2', sum: 4, quantileValues })] };
    expect(both(request([{ name: 's', summary }])).taken).toEqual([
      's_count 2',
      's_sum 4',
      's{quantile="0.99"} 3',
    ]);
  });

  test('an exponential histogram is a native one', () => {
    const take = (point: Omit<FakePoint, 'timeUnixNano'>): string[] => {
      const exponentialHistogram = { aggregationTemporality: 2, dataPoints: [at(point)] };
      const told = both(request([{ name: 'e', exponentialHistogram }]));
      expect(told.refused).toBe('');
      return told.taken.map((line) => line.replace(/^e\{__histogram__="(.*)"\}/, '$1'));
    };
    const base = { count: '12', sum: 4.5, zeroCount: '2', zeroThreshold: 0.25 };
    // Above base^0 up to base^1 is bucket 0 there and 1 here; empty ones are left out.
    expect(
      take({
        ...base,
        scale: 3,
        positive: { offset: -1, bucketCounts: ['1', '0', '4'] },
        negative: { offset: 7, bucketCounts: ['5'] },
      }),
    ).toEqual([
      'count 12',
      'sum 4.5',
      'schema 3',
      'zero_threshold 0.25',
      'zero 2',
      'reset_hint 0',
      '+0 1',
      '+2 4',
      '-8 5',
    ]);
    // Two steps finer than the finest schema: four buckets become one.
    const fine = take({
      ...base,
      scale: 10,
      positive: { offset: -2, bucketCounts: ['1', '2', '3', '4', '5', '6', '7'] },
    });
    expect(fine.slice(2)).toEqual([
      'schema 8',
      'zero_threshold 0.25',
      'zero 2',
      'reset_hint 0',
      '+0 3',
      '+1 18',
      '+2 7',
    ]);
    expect(take({ ...base, scale: 3, flags: 1, positive: { offset: 0, bucketCounts: ['1'] } })).toEqual([
      'count 12',
      'sum stale',
      'schema 3',
      'zero_threshold 0.25',
      'zero 2',
      'reset_hint 0',
    ]);
  });

  test('what is not taken is counted and named, the rest is taken', () => {
    const two = [at({ asInt: '1' }), at({ asInt: '2' })];
    const told = both(
      request([
        { name: 'delta', sum: { aggregationTemporality: 1, isMonotonic: true, dataPoints: two } },
        { name: 'unclear', sum: { dataPoints: two } },
        {
          name: 'expo',
          exponentialHistogram: { aggregationTemporality: 2, dataPoints: [at({ scale: -5 })] },
        },
        { name: 'nothing' },
        gauge('...', at({ asInt: '1' })),
        gauge(
          'g',
          at({}),
          { timeUnixNano: '0', asInt: '1' },
          { timeUnixNano: `${NOW_MS + 1}000000`, asInt: '1' },
          at({ asInt: '1', attributes: [word('', 'x')] }),
          at({ asInt: '1', attributes: [word('long', 'x'.repeat(201))] }),
          at({ flags: 1 }),
          at({ asInt: '7' }),
        ),
      ]),
    );
    expect(told.taken).toEqual(['g stale', 'g 7']);
    expect(told.count).toBe(11);
    expect(told.refused.split('\n')).toEqual([
      'delta: a sum of deltas is not taken: set the exporter to cumulative temporality',
      'unclear: a sum with temporality 0 is not taken, only cumulative',
      'expo: scale -5, the coarsest that is taken is -4',
      'nothing: a metric of a kind that is not known',
      '...: nothing of the name can be a metric name',
      'g: a point without a value',
      'g: a point without a time',
      'g: a sample of 2026-01-01T00:00:00.124Z lies too far in the future (setting ingest.future-limit)',
      'g: the attribute "" can\'t be a label',
      'g: label "long" is longer than 200 (setting ingest.max-label-length)',
    ]);
  });

  test('points beside each other are read as they are alone', () => {
    const attributes = fc.dictionary(fc.constantFrom('a', 'b.c', 'b_c'), fc.string({ maxLength: 3 }));
    const point = fc.record({ attributes, bounds: fc.subarray([1, 2, 3]), sum: fc.boolean() });
    const points = fc.array(fc.tuple(fc.constantFrom('gauge', 'histogram', 'summary'), point));
    fc.assert(
      fc.property(points, (drawn) => {
        const metrics = drawn.map(([kind, { attributes: values, bounds, sum }]): FakeMetric => ({
          name: 'm',
          [kind]: {
            aggregationTemporality: 2,
            dataPoints: [
              at({
                attributes: Object.entries(values).map(([key, value]) => word(key, value)),
                ...(kind === 'gauge' ? { asInt: '1' } : { count: '0' }),
                ...(kind === 'histogram' && { explicitBounds: bounds, bucketCounts: bounds.map(() => '0') }),
                ...(kind === 'summary' && {
                  quantileValues: bounds.map((n) => ({ quantile: 1 / n, value: 0 })),
                }),
                ...(kind !== 'gauge' && sum && { sum: 0 }),
              }),
            ],
          },
        }));
        const alone = metrics.flatMap((metric) => both(request([metric])).taken);
        expect(both(request(metrics)).taken).toEqual(alone);
      }),
    );
  });

  test('every double comes back bit for bit from protobuf, and from JSON as far as it can say them', () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        const one = request([gauge('m', at({ asDouble: value }))]);
        const [sample] = collectFrom(readOtlpProtobuf, otlpProtobuf(one)).taken;
        expect(Object.is(sample?.[2], value)).toBe(true);
        const text = JSON.stringify(one).replace('"asDouble":null', `"asDouble":"${value}"`);
        const [fromJson] = collectFrom(readOtlpJson, Buffer.from(text)).taken;
        expect(fromJson?.[2]).toBe(Object.is(value, -0) ? 0 : value);
      }),
    );
  });

  test.each([readOtlpProtobuf, readOtlpJson])('random bytes are a fault at most: %o', (read) => {
    const valid = request([gauge('m', at({ asInt: '1', attributes: [word('a', 'b')] }))], [word('c', 'd')]);
    const body = read === readOtlpJson ? Buffer.from(JSON.stringify(valid)) : otlpProtobuf(valid);
    const bent = fc
      .tuple(fc.nat(body.length - 1), fc.nat(255))
      .map(([index, byte]) => body.with(index, byte));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          bent,
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          try {
            decode(read, bytes);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(Fault);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('values within values end somewhere', () => {
    let value = '{}';
    for (let i = 0; i < 40; i++) value = `{"arrayValue":{"values":[${value}]}}`;
    const text = JSON.stringify(request([gauge('m', at({ attributes: [word('a', '@')] }))]));
    const deep = text.replace('{"stringValue":"@"}', value);
    expect(() => decode(readOtlpJson, Buffer.from(deep))).toThrow(/more than 32 deep/);
    const request2 = JSON.parse(deep) as FakeOtlp;
    expect(() => decode(readOtlpProtobuf, otlpProtobuf(request2))).toThrow(/more than 32 deep/);
  });
});

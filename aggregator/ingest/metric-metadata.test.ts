import { describe, expect, test } from 'vitest';

import { ProtobufWriter } from '../../lib/protobuf-writer.ts';
import { collect } from './collected.fake.ts';
import type { Collected } from './collected.ts';
import { readExpositionMetadata } from './exposition-metadata.ts';
import { familyOf, MetricMetadata } from './metric-metadata.ts';
import { readOtlpJson } from './otlp-json.ts';
import { readOtlpProtobuf } from './otlp-protobuf.ts';
import { OtlpRows } from './otlp-rows.ts';
import { otlpProtobuf, type FakeOtlp } from './otlp.fake.ts';
import { readRemoteWrite2 } from './remote-write-2.ts';
import { readRemoteWrite } from './remote-write.ts';

const LIMITS = { maxSamples: 1000, maxLabels: 10, maxLabelLength: 100, maxHistogramBuckets: 10 };

/** What a reader tells of metrics, by name: `[type, help, unit]`. */
function toldBy(read: (collected: Collected) => void): Record<string, string[]> {
  let told: Record<string, string[]> = {};
  const { refused } = collect(1e15, LIMITS, 'series', (collected) => {
    read(collected);
    told = { ...told, ...entriesOf(collected.metadata) };
  });
  expect(refused).toBe('');
  return told;
}

function entriesOf(metadata: MetricMetadata): Record<string, string[]> {
  return Object.fromEntries(
    Array.from(metadata.takeChanges(), ([name, { type, help, unit }]) => [name, [type, help, unit]]),
  );
}

function message(write: (out: ProtobufWriter) => void): Uint8Array {
  const out = new ProtobufWriter();
  write(out);
  return out.bytes().slice();
}

test('remote write 1.0 tells families in messages of their own', () => {
  const body = message((request) => {
    for (const [type, name, help, unit] of [
      [1, 'requests_total', 'How many.', ''],
      [3, 'latency_seconds', 'How long.', 'seconds'],
      [99, 'odd', '', ''],
    ] as const) {
      request.block(
        3,
        message((entry) => {
          entry.uint(1, type);
          entry.text(2, name);
          entry.text(4, help);
          entry.text(5, unit);
        }),
      );
    }
  });
  expect(toldBy((collected) => readRemoteWrite(body, collected))).toEqual({
    requests_total: ['counter', 'How many.', ''],
    latency_seconds: ['histogram', 'How long.', 'seconds'],
    odd: ['unknown', '', ''],
  });
});

test('remote write 2.0 tells them with each series, by its family', () => {
  const symbols = ['', '__name__', 'latency_seconds_bucket', 'le', '1', 'How long.', 'seconds'];
  const body = message((request) => {
    for (const symbol of symbols) request.text(4, symbol);
    // The second refers to a text that is not there: its samples count all the same.
    for (const [bound, help] of [
      [4, 5],
      [5, 99],
    ] as const) {
      request.block(
        5,
        message((series) => {
          series.block(1, Uint8Array.of(1, 2, 3, bound));
          series.block(
            2,
            message((sample) => {
              sample.double(1, 1);
              sample.uint(2, 1000);
            }),
          );
          series.block(
            5,
            message((entry) => {
              entry.uint(1, 3);
              entry.uint(3, help);
              entry.uint(4, 6);
            }),
          );
        }),
      );
    }
  });
  expect(toldBy((collected) => readRemoteWrite2(body, collected))).toEqual({
    latency_seconds: ['histogram', 'How long.', 'seconds'],
  });
});

test.each([
  ['protobuf', (request: FakeOtlp, sink: OtlpRows) => readOtlpProtobuf(otlpProtobuf(request), sink)],
  ['JSON', (request: FakeOtlp, sink: OtlpRows) => readOtlpJson(Buffer.from(JSON.stringify(request)), sink)],
])('OTLP as %s tells them with each metric, by the name that it gets here', (_encoding, read) => {
  const dataPoints = [{ timeUnixNano: '1000000000', asDouble: 1 }];
  const metrics = [
    {
      name: 'http.requests',
      description: 'Requests.',
      unit: '1',
      sum: { dataPoints, isMonotonic: true, aggregationTemporality: 2 },
    },
    { name: 'queue.size', description: 'Waiting.', unit: 'By', gauge: { dataPoints } },
  ];
  const request = { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] };
  expect(toldBy((collected) => read(request, new OtlpRows(collected)))).toEqual({
    http_requests_total: ['counter', 'Requests.', '1'],
    queue_size_bytes: ['gauge', 'Waiting.', 'By'],
  });
});

describe('text exposition', () => {
  const read = (text: string, isOpenMetrics = false): Record<string, string[]> => {
    const metadata = new MetricMetadata();
    readExpositionMetadata(Buffer.from(text), isOpenMetrics, metadata);
    return entriesOf(metadata);
  };

  test('tells them in comments', () => {
    const text = `# HELP a_total Counts \\\\ and\\nbreaks.
# TYPE a_total counter
a_total 1
# a comment
#TYPE wrong
  # HELP late x
# HELP "dotted.name" Quoted.
# TYPE "dotted.name" gauge
# TYPE b untyped
b{x="# TYPE no gauge"} 1
# HELP end`;
    expect(read(text)).toEqual({
      a_total: ['counter', 'Counts \\ and\nbreaks.', ''],
      'dotted.name': ['gauge', 'Quoted.', ''],
      b: ['unknown', '', ''],
      end: ['unknown', '', ''],
    });
    expect(read('')).toEqual({});
  });

  test('of OpenMetrics names counters as their series are', () => {
    const text =
      '# TYPE a counter\n# HELP a Counts.\n# TYPE b_seconds gauge\n# UNIT b_seconds seconds\n# EOF\n';
    expect(read(text, true)).toEqual({
      a_total: ['counter', 'Counts.', ''],
      b_seconds: ['gauge', '', 'seconds'],
    });
  });
});

test('only what changes is told on, and not without end', () => {
  const metadata = new MetricMetadata();
  metadata.put('a', { type: 'gauge', help: 'x' });
  expect(entriesOf(metadata)).toEqual({ a: ['gauge', 'x', ''] });
  metadata.put('a', { type: 'gauge' });
  expect(entriesOf(metadata)).toEqual({});
  metadata.put('a', { help: 'y'.repeat(1000), unit: 'z'.repeat(1000) });
  expect(entriesOf(metadata)).toEqual({ a: ['gauge', 'y'.repeat(500), 'z'.repeat(50)] });
  metadata.put('a', { help: 'y'.repeat(1000) });
  expect(entriesOf(metadata)).toEqual({});
  for (let i = 0; i < 20_000; i++) metadata.put(`m${i}`, { type: 'counter' });
  expect(metadata.takeChanges().size).toBe(9999);
});

test.each([
  ['x_bucket', 'histogram', 'x'],
  ['x_count', 'summary', 'x'],
  ['x_count', 'counter', 'x_count'],
  ['x_total', 'counter', 'x_total'],
])('%s of a %s is of %s', (name, type, family) => {
  expect(familyOf(name, type)).toBe(family);
});

import { Fault } from '../../lib/fault.ts';
import { ProtobufWriter } from '../../lib/protobuf-writer.ts';
import { snappyEncode } from '../../lib/snappy-encode.ts';
import { snappyDecode } from '../../lib/snappy.ts';
import type { Labels } from '../../wire/labels.ts';
import type { HistogramSamples } from '../store/native-histogram.ts';
import type { Scope } from '../store/scope.ts';
import type { MetricReader, ReadLimits, SeriesSamples } from '../store/store.ts';
import { compareLabels } from './promql/value.ts';
import { writeHistogram } from './remote-read-histogram.ts';
import { readReadRequest, type ReadQuery } from './remote-read-request.ts';

/** Of a request, unpacked; it holds selectors alone. */
const MAX_REQUEST_BYTES = 4 * 1024 * 1024;
/** Of an answer before it is packed: it has to lie in memory as a whole. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

/**
 * Answers a `prometheus.ReadRequest` with a `prometheus.ReadResponse` of samples, both packed by Snappy
 * (prometheus/docs `querying/remote_read_api.md`). Throws a `Fault`: `bad_data`, `malformed`, `too_large`, `limit`.
 */
export function answerRemoteRead(
  reader: MetricReader,
  scope: Scope,
  body: Uint8Array,
  limits: ReadLimits,
): Uint8Array<ArrayBuffer> {
  const response = new ProtobufWriter();
  const samples = { left: limits.maxSamples };
  for (const query of readReadRequest(snappyDecode(body, MAX_REQUEST_BYTES))) {
    const result = new ProtobufWriter();
    for (const series of seriesOf(reader, scope, query, limits, samples)) {
      limits.checkDeadline();
      writeSeries(result, series);
      if (response.length + result.length > MAX_ANSWER_BYTES)
        throw new Fault(
          'limit',
          `the answer has more than ${MAX_ANSWER_BYTES} bytes: ask for fewer series or less time`,
        );
    }
    response.block(1, result.bytes());
  }
  return snappyEncode(response.bytes());
}

interface Series {
  readonly labels: Labels;
  readonly samples?: SeriesSamples;
  readonly histograms?: HistogramSamples;
}

/** In the order of their labels, as readers merge them. */
function seriesOf(
  reader: MetricReader,
  scope: Scope,
  { range, matchers }: ReadQuery,
  limits: ReadLimits,
  left: { left: number },
): Series[] {
  // The protocol has no place for remarks.
  const within = { ...limits, maxSamples: left.left, onDamage: (): void => undefined };
  const found: Series[] = [
    ...reader.select(scope, matchers, range, within).map((samples) => ({ labels: samples.labels, samples })),
    ...reader
      .selectHistograms(scope, matchers, range, within)
      .map((histograms) => ({ labels: histograms.labels, histograms })),
  ];
  for (const { samples, histograms } of found) left.left -= (samples ?? histograms)?.timestampsMs.length ?? 0;
  return found.sort((a, b) => compareLabels(a.labels, b.labels));
}

/** `TimeSeries` of prometheus `prompb/types.proto`. */
function writeSeries(result: ProtobufWriter, { labels, samples, histograms }: Series): void {
  const series = new ProtobufWriter();
  const inner = new ProtobufWriter();
  const put = (field: number): void => {
    series.block(field, inner.bytes());
    inner.clear();
  };
  for (let i = 0; i < labels.length; i += 2) {
    inner.text(1, labels[i] as string);
    inner.text(2, labels[i + 1] as string);
    put(1);
  }
  for (const [i, atMs] of samples?.timestampsMs.entries() ?? []) {
    inner.doubleAt(1, (samples as SeriesSamples).values, i);
    inner.uint(2, atMs);
    put(2);
  }
  for (const [i, atMs] of histograms?.timestampsMs.entries() ?? []) {
    const histogram = histograms?.histograms[i];
    if (histogram === undefined) continue;
    writeHistogram(inner, histogram, atMs);
    put(4);
  }
  result.block(1, series.bytes());
}

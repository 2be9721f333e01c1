import { formatFloat } from '../../../lang/promql/number.ts';
import type { Labels } from '../../../wire/labels.ts';
import type { NativeHistogram } from '../../store/native-histogram.ts';
import { bucketsOf } from './histogram/buckets.ts';
import type { QueryResult } from './query.ts';
import type { SampledSeries } from './selector.ts';

/** What a query cost, as the parameter `stats` asks for it. */
export interface QueryStats {
  /** Seconds. */
  readonly timings: { readonly evalTotalTime: number; readonly execTotalTime: number };
  readonly samples: { readonly totalQueryableSamples: number; readonly peakSamples: number };
}

/** Characters of text that are kept before they are turned into bytes. */
const CHUNK = 1 << 20;

/**
 * The body with which Prometheus's HTTP API answers a query that succeeded
 * (https://prometheus.io/docs/prometheus/latest/querying/api/): UTF-8 JSON. `stats`, if there are any, stand beside the result.
 */
export function toPrometheusJson(result: QueryResult, stats?: QueryStats): Uint8Array {
  const writer = new Writer();
  writer.write(`{"status":"success","data":{"resultType":"${result.type}","result":`);
  switch (result.type) {
    case 'scalar':
      writer.write(`[${result.timeMs / 1000},"${formatFloat(result.value)}"]`);
      break;
    case 'string':
      writer.write(`[${result.timeMs / 1000},${JSON.stringify(result.text)}]`);
      break;
    case 'vector': {
      const time = formatTime(result.timeMs);
      writer.list(result.samples, ({ labels, value, histogram }) => {
        const metric = `{"metric":${formatLabels(labels)}`;
        if (histogram === undefined) writer.write(`${metric},"value":[${time},"${formatValue(value)}"]}`);
        else writer.write(`${metric},"histogram":[${time},${formatHistogram(histogram)}]}`);
      });
      break;
    }
    case 'matrix':
      writer.list(result.series, (series) => writeSeries(writer, series));
      break;
  }
  writer.write(stats === undefined ? '}' : `,"stats":${JSON.stringify(stats)}}`);
  if (result.warnings.length > 0) writer.write(`,"warnings":${JSON.stringify(result.warnings)}`);
  if (result.infos.length > 0) writer.write(`,"infos":${JSON.stringify(result.infos)}`);
  writer.write('}');
  return writer.finish();
}

function writeSeries(writer: Writer, { labels, timestampsMs, values, histograms }: SampledSeries): void {
  writer.write(`{"metric":${formatLabels(labels)}`);
  let before = ',"values":[';
  for (let i = 0; i < values.length; i++) {
    if (histograms?.[i] !== undefined) continue;
    const time = formatTime(timestampsMs[i] as number);
    writer.write(`${before}[${time},"${formatValue(values[i] as number)}"]`);
    before = ',';
  }
  if (before === ',') writer.write(']');
  before = ',"histograms":[';
  for (let i = 0; i < (histograms?.length ?? 0); i++) {
    const histogram = histograms?.[i];
    if (histogram === undefined) continue;
    writer.write(`${before}[${formatTime(timestampsMs[i] as number)},${formatHistogram(histogram)}]`);
    before = ',';
  }
  writer.write(before === ',' ? ']}' : '}');
}

/** Buckets with something in them: how their bounds are meant, the bounds, the population. */
function formatHistogram(histogram: NativeHistogram): string {
  const buckets = bucketsOf(histogram).map(({ lower, upper, count, lowerInclusive, upperInclusive }) => {
    const rule = lowerInclusive ? (upperInclusive ? 3 : 1) : upperInclusive ? 0 : 2;
    return `[${rule},"${formatValue(lower)}","${formatValue(upper)}","${formatValue(count)}"]`;
  });
  const { count, sum } = histogram;
  const head = `{"count":"${formatValue(count)}","sum":"${formatValue(sum)}"`;
  return buckets.length > 0 ? `${head},"buckets":[${buckets.join(',')}]}` : `${head}}`;
}

function formatLabels(labels: Labels): string {
  let text = '';
  for (let i = 0; i < labels.length; i += 2) {
    text += `${i === 0 ? '' : ','}${JSON.stringify(labels[i])}:${JSON.stringify(labels[i + 1])}`;
  }
  return `{${text}}`;
}

/** Seconds; milliseconds, where there are any, with all three digits. */
function formatTime(ms: number): string {
  return ms % 1000 === 0 ? String(ms / 1000) : (ms / 1000).toFixed(3);
}

/** In samples, unlike in scalars, very large and very small values have an exponent, of two digits at least. */
function formatValue(value: number): string {
  if (!Number.isFinite(value) || Object.is(value, -0)) return formatFloat(value);
  // The bounds are those of JavaScript, too: from 1e21 on, and below 1e-6.
  const text = String(value);
  return text.includes('e') ? text.replace(/e([+-])(\d)$/, 'e$10$2') : text;
}

class Writer {
  readonly #chunks: Buffer[] = [];
  #text = '';

  write(text: string): void {
    this.#text += text;
    if (this.#text.length > CHUNK) this.#flush();
  }

  list<T>(items: readonly T[], write: (item: T) => void): void {
    this.write('[');
    for (const [i, item] of items.entries()) {
      if (i > 0) this.write(',');
      write(item);
    }
    this.write(']');
  }

  #flush(): void {
    this.#chunks.push(Buffer.from(this.#text));
    this.#text = '';
  }

  finish(): Uint8Array {
    this.#flush();
    return this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
  }
}

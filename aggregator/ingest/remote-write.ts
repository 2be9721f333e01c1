import { Fault } from '../../lib/fault.ts';
import { FIXED64, LENGTH, ProtobufReader, VARINT } from '../../lib/protobuf-reader.ts';
import { snappyDecode } from '../../lib/snappy.ts';
import {
  labelsFrom,
  labelsKey,
  METRIC_NAME,
  labelValue,
  printLabels,
  type Labels,
} from '../../wire/labels.ts';
import type { Row } from '../store/store.ts';
import type { IngestLimits } from './limits.ts';

/** What a request says: the samples that are taken, and why others are not. */
export interface RemoteWrite {
  readonly rows: readonly Row[];
  /** One line a series that was refused, with its name and the reason. */
  readonly refused: readonly string[];
}

/**
 * Reads a remote write 1.0 request: a Snappy block of `prometheus.WriteRequest` (prometheus/docs
 * `specs/prw/remote_write_spec.md`). A series that is wrong is refused alone; a body that can't be read
 * throws a `Fault`.
 */
export function decodeRemoteWrite(body: Uint8Array, newestMs: number, limits: IngestLimits): RemoteWrite {
  const request = new ProtobufReader(snappyDecode(body, limits.maxBodyBytes));
  const rows: Row[] = [];
  const refused: string[] = [];
  while (request.next()) {
    if (request.field !== 1) {
      request.skip();
      continue;
    }
    const reason = readSeries(request.message(), newestMs, limits, rows);
    if (reason !== undefined) refused.push(reason);
  }
  return { rows, refused };
}

/** Appends the rows of one series, or returns why it is refused. */
function readSeries(
  series: ProtobufReader,
  newestMs: number,
  limits: IngestLimits,
  rows: Row[],
): string | undefined {
  const texts: string[] = [];
  const values: Float64Array[] = [];
  const timesMs: number[] = [];
  let histograms = 0;
  while (series.next()) {
    if (series.field === 1) readLabel(series.message(), texts);
    else if (series.field === 2) readSample(series.message(), values, timesMs);
    else {
      if (series.field === 4) histograms++;
      series.skip();
    }
  }
  const checked = checkLabels(texts, limits);
  if (typeof checked === 'string') return checked;
  if (histograms > 0) return `${printLabels(checked)}: native histograms are not taken yet`;
  const key = labelsKey(checked);
  let refused: string | undefined;
  for (const [i, atMs] of timesMs.entries()) {
    const reason = refuseTime(atMs, newestMs);
    if (reason === undefined)
      rows.push({ key, series: () => [checked], atMs, values: values[i] as Float64Array });
    else refused ??= `${printLabels(checked)}: a sample of ${printTime(atMs)} ${reason}`;
  }
  return refused;
}

/** A store keeps days that a date can name; what comes from before 1970 is a fault of the sender. */
function refuseTime(atMs: number, newestMs: number): string | undefined {
  if (atMs < 0) return 'lies before 1970';
  return atMs > newestMs ? 'lies too far in the future (setting ingest.future-limit)' : undefined;
}

const MAX_DATE_MS = 8.64e15;

function printTime(atMs: number): string {
  return Math.abs(atMs) <= MAX_DATE_MS ? new Date(atMs).toISOString() : `${atMs} ms`;
}

function readLabel(label: ProtobufReader, texts: string[]): void {
  let name = '';
  let value = '';
  while (label.next()) {
    if (label.field === 1) name = label.text();
    else if (label.field === 2) value = label.text();
    else label.skip();
  }
  texts.push(name, value);
}

function readSample(sample: ProtobufReader, values: Float64Array[], timesMs: number[]): void {
  const value = new Float64Array(1);
  let atMs = 0;
  while (sample.next()) {
    if (sample.field === 1 && sample.wireType === FIXED64) sample.doubleInto(value, 0);
    else if (sample.field === 2 && sample.wireType === VARINT) atMs = sample.int64();
    else if (sample.wireType === LENGTH || sample.field > 2) sample.skip();
    else throw new Fault('malformed', `a sample's field ${sample.field} has wire type ${sample.wireType}`);
  }
  values.push(value);
  timesMs.push(atMs);
}

/** The label set, or why it is wrong. Empty values mean that the label is absent. */
function checkLabels(texts: readonly string[], limits: IngestLimits): Labels | string {
  const record: Record<string, string> = Object.create(null);
  for (let i = 0; i < texts.length; i += 2) {
    const name = texts[i] as string;
    const value = texts[i + 1] as string;
    const where = (): string => printLabels(labelsFrom(record));
    if (name === '') return `${where()}: a label without a name`;
    if (name in record) return `${where()}: label ${JSON.stringify(name)} stands twice`;
    if (name.length > limits.maxLabelLength || value.length > limits.maxLabelLength) {
      return `${where()}: label ${JSON.stringify(name.slice(0, 80))} is longer than ${limits.maxLabelLength} (setting ingest.max-label-length)`;
    }
    record[name] = value;
  }
  const labels = labelsFrom(record);
  if (labels.length / 2 > limits.maxLabels) {
    return `${printLabels(labels.slice(0, 20))}: ${labels.length / 2} labels, at most ${limits.maxLabels} are taken (setting ingest.max-labels)`;
  }
  if (labelValue(labels, METRIC_NAME) === '')
    return `${printLabels(labels)}: there is no label ${METRIC_NAME}`;
  return labels;
}

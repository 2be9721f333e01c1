import { Fault } from '../../lib/fault.ts';
import { FIXED64, LENGTH, VARINT, type ProtobufReader } from '../../lib/protobuf-reader.ts';
import { printLabels } from '../../wire/labels.ts';
import type { Collected } from './collected.ts';

/** Labels of a series that is read at all; what a setting allows is less. */
export const MAX_SERIES_LABELS = 2000;

/** In both versions. */
const SAMPLES = 2;

/** What differs between the versions of remote write. */
export interface SeriesForm {
  /** Adds the names and values, by turns, of a field of labels. Throws a `Fault` when it can't. */
  readLabel(series: ProtobufReader, texts: string[]): void;
  /** The number of the field of native histograms. */
  readonly histograms: number;
}

/**
 * Takes the samples of one series, the `index`th of its request; a series that is wrong is refused alone. Exemplars
 * and metadata are passed over; native histograms are refused by name, the samples beside them are taken.
 */
export function takeSeries(
  series: ProtobufReader,
  index: number,
  form: SeriesForm,
  collected: Collected,
): void {
  try {
    readSeries(series, form, collected);
  } catch (thrown) {
    if (!(thrown instanceof Fault) || thrown.code !== 'malformed') throw thrown;
    collected.refuse(() => `series ${index} of the request: ${thrown.message}`);
  }
}

function readSeries(series: ProtobufReader, form: SeriesForm, collected: Collected): void {
  const texts: string[] = [];
  let histograms = 0;
  while (series.next()) {
    if (series.field === 1) {
      form.readLabel(series, texts);
      if (texts.length > 2 * MAX_SERIES_LABELS)
        throw new Fault('malformed', `more than ${MAX_SERIES_LABELS} labels`);
    } else {
      if (series.field === form.histograms) histograms++;
      series.skip();
    }
  }
  if (texts.length % 2 !== 0)
    throw new Fault('malformed', `${texts.length} names and values of labels are no pairs`);
  const checked = collected.check(texts);
  if (typeof checked === 'string') return collected.refuse(() => checked);
  // The labels may stand behind the samples, so these are read in a second walk, straight to where they go.
  series.rewind();
  let refused: string | undefined;
  while (series.next()) {
    if (series.field !== SAMPLES) {
      series.skip();
      continue;
    }
    const values = new Float64Array(1);
    const atMs = readSample(series.message(), values);
    const reason = collected.add(checked, atMs, values);
    refused ??= reason;
  }
  const first = refused;
  if (first !== undefined) collected.refuse(() => first);
  if (histograms > 0)
    collected.refuse(
      () => `${printLabels(checked.labels)}: ${histograms} native histograms, which are not taken yet`,
    );
}

/** Puts the value and returns the time in ms. */
function readSample(sample: ProtobufReader, value: Float64Array): number {
  let atMs = 0;
  while (sample.next()) {
    if (sample.field === 1 && sample.wireType === FIXED64) sample.doubleInto(value, 0);
    else if (sample.field === 2 && sample.wireType === VARINT) atMs = sample.int64();
    else if (sample.wireType === LENGTH || sample.field > 2) sample.skip();
    else throw new Fault('malformed', `a sample's field ${sample.field} has wire type ${sample.wireType}`);
  }
  return atMs;
}

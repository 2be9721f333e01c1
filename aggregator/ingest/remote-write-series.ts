import { Fault } from '../../lib/fault.ts';
import { FIXED64, LENGTH, ProtobufReader, VARINT } from '../../lib/protobuf-reader.ts';
import { METRIC_NAME, printLabels, type Labels } from '../../wire/labels.ts';
import type { Collected } from './collected.ts';
import { familyOf, type Metadata } from './metric-metadata.ts';
import { readHistogram } from './native-histogram.ts';

/** Labels of a series that is read at all; what a setting allows is less. */
export const MAX_SERIES_LABELS = 2000;

/** In both versions. */
const LABELS = 1;
const SAMPLES = 2;
const SAMPLE_TAG = 0x12;
const VALUE_TAG = 0x09;
const TIME_TAG = 0x10;

/** What differs between the versions of remote write. */
export interface SeriesForm {
  /** The number of the field of native histograms. */
  readonly histograms: number;
  /** The number of the field of metadata, which are read of new series alone; undefined when series have none. */
  readonly metadata: number | undefined;
  readMetadata?(message: ProtobufReader): Metadata;
  /** The end of the fields of labels with which a series begins; -1 when it does not begin as senders write it. */
  passLabels(bytes: Uint8Array, start: number, end: number): number;
  /** The group of the series that these fields name; undefined when it is not known. */
  findGroup(bytes: Uint8Array, start: number, end: number, collected: Collected): number | undefined;
  /** Adds the names and values, by turns, of a field of labels. Throws a `Fault` when it can't. */
  readLabel(series: ProtobufReader, texts: string[]): void;
}

/**
 * Takes the series of one request; one that is wrong is refused alone. Exemplars are passed over.
 */
export class RemoteSeries {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #collected: Collected;
  readonly #form: SeriesForm;
  #index = 0;
  /** The sample that was passed last. */
  #low = 0;
  #high = 0;
  #atMs = 0;
  readonly #value = new Float64Array(1);
  readonly #valueWords = new Uint32Array(this.#value.buffer);

  constructor(bytes: Uint8Array, collected: Collected, form: SeriesForm) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#collected = collected;
    this.#form = form;
  }

  /** Takes the next series of the request, which stands from `start` to before `end`. */
  take(start: number, end: number): void {
    this.#index++;
    const labelsEnd = this.#form.passLabels(this.#bytes, start, end);
    const isPlain = labelsEnd > start && this.#isPlain(labelsEnd, end);
    const group = isPlain ? this.#form.findGroup(this.#bytes, start, labelsEnd, this.#collected) : undefined;
    // Fast path: written as senders do, and known.
    if (group !== undefined) return this.#takeKnown(group, labelsEnd, end);
    const index = this.#index;
    try {
      this.#read(new ProtobufReader(this.#bytes, start, end), isPlain);
    } catch (thrown) {
      if (!(thrown instanceof Fault) || thrown.code !== 'malformed') throw thrown;
      this.#collected.refuse(() => `series ${index} of the request: ${thrown.message}`);
    }
  }

  #takeKnown(group: number, start: number, end: number): void {
    const { rows } = this.#collected;
    for (let at = start; at < end;) {
      if (this.#bytes[at] !== SAMPLE_TAG) {
        at = this.#passOther(at, end);
        continue;
      }
      at = this.#passSample(at, end);
      this.#collected.isTimeRefused(this.#atMs);
      rows.addBits(group, this.#atMs, this.#low, this.#high);
    }
  }

  /** Do samples that are taken stand there, and nothing else that counts? */
  #isPlain(start: number, end: number): boolean {
    for (let at = start; at < end;) {
      const isSample = this.#bytes[at] === SAMPLE_TAG;
      at = isSample ? this.#passSample(at, end) : this.#passOther(at, end);
      if (at < 0 || (isSample && this.#collected.isTimeRefused(this.#atMs))) return false;
    }
    return true;
  }

  /** The end of an exemplar, of metadata or of the time of creation; -1 when it is something else, or long. */
  #passOther(start: number, limit: number): number {
    const tag = this.#bytes[start] as number;
    const field = tag >> 3;
    if (field === LABELS || field === this.#form.histograms || tag > 0x7f) return -1;
    let at = start + 1;
    let number = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes[at++];
      if (byte === undefined || shift > 63) return -1;
      if (shift < 28) number += (byte & 0x7f) << shift;
      else if ((tag & 7) === LENGTH) return -1;
      if (byte < 0x80) break;
    }
    const end = (tag & 7) === LENGTH ? at + number : at;
    return ((tag & 7) === LENGTH || (tag & 7) === VARINT) && end <= limit ? end : -1;
  }

  /** Reads a sample as senders write it and returns its end; -1 when it is something else. */
  #passSample(start: number, limit: number): number {
    const bytes = this.#bytes;
    const end = start + 2 + (bytes[start + 1] as number);
    if (bytes[start] !== SAMPLE_TAG || (bytes[start + 1] as number) > 0x7f || end > limit) return -1;
    let at = start + 2;
    this.#low = 0;
    this.#high = 0;
    this.#atMs = 0;
    // What is zero is left out.
    if (bytes[at] === VALUE_TAG && at + 9 <= end) {
      this.#low = this.#view.getUint32(at + 1, true);
      this.#high = this.#view.getUint32(at + 5, true);
      at += 9;
    }
    if (at < end && bytes[at] === TIME_TAG) {
      // Seven bytes hold more than any time that is taken.
      let scale = 1;
      let byte = 0x80;
      for (at++; byte > 0x7f && at < end && scale < 2 ** 49; scale *= 128) {
        byte = bytes[at++] as number;
        this.#atMs += (byte & 0x7f) * scale;
      }
      if (byte > 0x7f) return -1;
    }
    return at === end ? end : -1;
  }

  /** Takes a series of any form. `isKeyed`: it was looked for by its bytes, which name it from now on. */
  #read(series: ProtobufReader, isKeyed: boolean): void {
    const texts: string[] = [];
    let hasSamples = false;
    let hasHistograms = false;
    let metadata: ProtobufReader | undefined;
    while (series.next()) {
      if (series.field === LABELS) {
        this.#form.readLabel(series, texts);
        if (texts.length > 2 * MAX_SERIES_LABELS)
          throw new Fault('malformed', `more than ${MAX_SERIES_LABELS} labels`);
      } else if (series.field === this.#form.metadata && series.wireType === LENGTH) {
        metadata = series.message();
      } else {
        if (series.field === this.#form.histograms) hasHistograms = true;
        else if (series.field === SAMPLES) hasSamples = true;
        series.skip();
      }
    }
    if (texts.length % 2 !== 0)
      throw new Fault('malformed', `${texts.length} names and values of labels are no pairs`);
    if (metadata !== undefined) this.#readMetadata(metadata, texts);
    // The labels may stand behind the samples, so these are read in a second walk, straight to where they go.
    if (hasSamples || !hasHistograms) {
      const group = this.#collected.groupOf(texts);
      if (typeof group === 'string') return this.#collected.refuse(() => group);
      if (isKeyed) this.#collected.keys.addLast(group);
      series.rewind();
      this.#readSamples(series, group, texts);
    }
    if (!hasHistograms) return;
    series.rewind();
    this.#readHistograms(series, texts);
  }

  /** What can't be read of them costs no sample. */
  #readMetadata(message: ProtobufReader, texts: readonly string[]): void {
    const at = texts.findIndex((text, i) => i % 2 === 0 && text === METRIC_NAME);
    try {
      const metadata = this.#form.readMetadata?.(message);
      if (at < 0 || metadata === undefined) return;
      this.#collected.metadata.put(familyOf(texts[at + 1] as string, metadata.type), metadata);
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown;
    }
  }

  #readHistograms(series: ProtobufReader, texts: readonly string[]): void {
    const labels = this.#collected.check(texts);
    if (typeof labels === 'string') return this.#collected.refuse(() => labels);
    while (series.next()) {
      if (series.field !== this.#form.histograms) {
        series.skip();
        continue;
      }
      const reason = this.#takeHistogram(series.message(), labels);
      if (reason !== undefined) this.#collected.refuse(() => reason);
    }
  }

  /** Returns why it is not taken. */
  #takeHistogram(message: ProtobufReader, labels: Labels): string | undefined {
    try {
      return this.#collected.addHistogram(
        labels,
        readHistogram(message, this.#collected.maxHistogramBuckets),
      );
    } catch (thrown) {
      if (!(thrown instanceof Fault) || thrown.code !== 'malformed') throw thrown;
      return `${printLabels(labels)}: ${thrown.message}`;
    }
  }

  #readSamples(series: ProtobufReader, group: number, texts: readonly string[]): void {
    let refusedMs: number | undefined;
    while (series.next()) {
      if (series.field !== SAMPLES) {
        series.skip();
        continue;
      }
      const atMs = this.#readSample(series.message());
      if (this.#collected.isTimeRefused(atMs)) refusedMs ??= atMs;
      else {
        const [low = 0, high = 0] = this.#valueWords;
        this.#collected.rows.addBits(group, atMs, low, high);
      }
    }
    if (refusedMs === undefined) return;
    const firstMs = refusedMs;
    this.#collected.refuse(() => this.#collected.timeReason(texts, firstMs));
  }

  /** Puts the value into `#value` and returns the time in ms. */
  #readSample(sample: ProtobufReader): number {
    let atMs = 0;
    this.#value[0] = 0;
    while (sample.next()) {
      if (sample.field === 1 && sample.wireType === FIXED64) sample.doubleInto(this.#value, 0);
      else if (sample.field === 2 && sample.wireType === VARINT) atMs = sample.int64();
      else if (sample.wireType === LENGTH || sample.field > 2) sample.skip();
      else throw new Fault('malformed', `a sample's field ${sample.field} has wire type ${sample.wireType}`);
    }
    return atMs;
  }
}

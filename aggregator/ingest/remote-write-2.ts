import { Fault } from '../../lib/fault.ts';
import { LENGTH, ProtobufReader } from '../../lib/protobuf-reader.ts';
import type { Collected } from './collected.ts';
import { METRIC_TYPES, type Metadata } from './metric-metadata.ts';
import { MAX_SERIES_LABELS, RemoteSeries, type SeriesForm } from './remote-write-series.ts';
import type { KeySeed } from './series-keys.ts';

/**
 * Reads `io.prometheus.write.v2.Request` of remote write 2.0 (prometheus/docs
 * `specs/prw/remote_write_spec_2_0.md`, its message in prometheus `prompb/io/prometheus/write/v2/types.proto`):
 * every text stands once, in a table of symbols. A series that is wrong is refused alone; a body that can't be
 * read throws a `Fault`.
 */
export function readRemoteWrite2(body: Uint8Array, collected: Collected): void {
  const request = new ProtobufReader(body);
  const series = new RemoteSeries(body, collected, new LabelReferences(body, readSymbols(request)));
  request.rewind();
  while (request.next()) {
    if (request.field === SERIES_OF_1)
      throw new Fault('malformed', 'this is remote write 1.0, sent under the content type of 2.0');
    if (request.field === SERIES && request.wireType === LENGTH) {
      const start = request.passBytes();
      series.take(start, request.offset);
    } else request.skip();
  }
}

const SERIES_OF_1 = 1;
const SYMBOLS = 4;
const SERIES = 5;
/** `repeated uint32 labels_refs = 1`, packed. */
const REFERENCES_TAG = 0x0a;
/** What an empty text costs in memory is far more than its two bytes in the body. */
const MAX_SYMBOLS = 1_000_000;

/** Where symbols stand in the body: start and end, by turns. */
function readSymbols(request: ProtobufReader): number[] {
  const places: number[] = [];
  while (request.next()) {
    if (request.field !== SYMBOLS) {
      request.skip();
      continue;
    }
    if (places.length >= 2 * MAX_SYMBOLS)
      throw new Fault('too_large', `the request has more than ${MAX_SYMBOLS} symbols: send it in parts`);
    places.push(request.passBytes(), request.offset);
  }
  return places;
}

/** Labels are numbers of symbols; the hashes of these, one after the other, name a series. */
class LabelReferences implements SeriesForm {
  readonly histograms = 3;
  readonly metadata = 5;
  readonly #body: Uint8Array;
  readonly #places: readonly number[];
  /** Made when they are first asked for. */
  readonly #texts: (string | undefined)[] = [];
  #seeds: KeySeed[] | undefined;
  readonly #numbers = new Uint32Array(2 * MAX_SERIES_LABELS);

  constructor(body: Uint8Array, places: readonly number[]) {
    this.#body = body;
    this.#places = places;
  }

  get #count(): number {
    return this.#places.length / 2;
  }

  findGroup(bytes: Uint8Array, start: number, end: number, { keys }: Collected): number | undefined {
    this.#seeds ??= Array.from({ length: this.#count }, (_, i) =>
      keys.seed(this.#body.subarray(this.#places[2 * i], this.#places[2 * i + 1])),
    );
    let count = 0;
    // Behind the tag and the length, which `passLabels` has seen.
    let at = start + ((bytes[start + 1] as number) > 0x7f ? 3 : 2);
    while (at < end) {
      let number = 0;
      for (let shift = 0; ; shift += 7) {
        const byte = bytes[at++] as number;
        number |= (byte & 0x7f) << shift;
        if (byte < 0x80) break;
        if (at === end || shift === 21) return undefined;
      }
      if (number >= this.#count || count === this.#numbers.length) return undefined;
      this.#numbers[count++] = number;
    }
    return keys.findSequence(this.#seeds, this.#numbers, count);
  }

  passLabels(bytes: Uint8Array, start: number, end: number): number {
    if (bytes[start] !== REFERENCES_TAG) return -1;
    let length = bytes[start + 1] as number;
    let from = start + 2;
    if (length > 0x7f) {
      const high = bytes[from++] as number;
      if (high > 0x7f) return -1;
      length = (length & 0x7f) | (high << 7);
    }
    return from + length <= end ? from + length : -1;
  }

  readLabel(series: ProtobufReader, texts: string[]): void {
    const references: number[] = [];
    series.int64s(references, 2 * MAX_SERIES_LABELS);
    for (const reference of references) texts.push(this.#textOf(reference));
  }

  readMetadata(message: ProtobufReader): Metadata {
    let [type, help, unit] = [0, 0, 0];
    while (message.next()) {
      if (message.field === 1) type = message.int64();
      else if (message.field === 3) help = message.int64();
      else if (message.field === 4) unit = message.int64();
      else message.skip();
    }
    return {
      type: METRIC_TYPES[type] ?? 'unknown',
      help: this.#textOf(help),
      unit: this.#textOf(unit),
    };
  }

  #textOf(reference: number): string {
    const known = this.#texts[reference];
    if (known !== undefined) return known;
    if (!(reference >= 0 && reference < this.#count))
      throw new Fault('malformed', `there is no symbol ${reference}, only ${this.#count}`);
    const start = this.#places[2 * reference] as number;
    const text = new ProtobufReader(this.#body).textBetween(start, this.#places[2 * reference + 1] as number);
    // Only the series that need it suffer.
    if (text === undefined) throw new Fault('malformed', `symbol ${reference} is not UTF-8`);
    this.#texts[reference] = text;
    return text;
  }
}

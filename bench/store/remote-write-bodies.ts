import { type Tick } from './dataset.ts';
import { SnappyEncoder } from './snappy-encode.ts';

/** vmagent's default for a request; Prometheus's is 500 to 2,000. */
const SAMPLES_A_BODY = 10_000;
/** Of a sample: tag and length, tag and double, tag and six bytes of time in milliseconds. */
const SAMPLE_BYTES = 2 + 9 + 7;
const LONGEST_HEAD = 8;

export interface Body {
  /** Its own memory. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly samples: number;
}

/** Writes ticks as remote write 1.0 requests: a TimeSeries with one sample a series, as senders do. */
export class RemoteWriteBodies {
  readonly #snappy = new SnappyEncoder();
  #plain = new Uint8Array(1 << 20);
  #view = new DataView(this.#plain.buffer);
  #end = 0;
  /** Bytes of protobuf made so far, before Snappy. */
  plainBytes = 0;

  *of({ atMs, rows }: Tick): Iterable<Body> {
    let samples = 0;
    for (const { target, values, atMs: ownMs = atMs } of rows) {
      for (const [i, labels] of target.encoded.entries()) {
        this.#series(labels, values[i] as number, ownMs);
        if (++samples < SAMPLES_A_BODY) continue;
        yield this.#close(samples);
        samples = 0;
      }
    }
    if (samples > 0) yield this.#close(samples);
  }

  #close(samples: number): Body {
    this.plainBytes += this.#end;
    const bytes = this.#snappy.encode(this.#plain.subarray(0, this.#end)).slice();
    this.#end = 0;
    return { bytes, samples };
  }

  #series(labels: Uint8Array, value: number, atMs: number): void {
    this.#reserve(labels.length + SAMPLE_BYTES + LONGEST_HEAD);
    const out = this.#plain;
    out[this.#end++] = (1 << 3) | 2;
    this.#uvarint(labels.length + SAMPLE_BYTES);
    out.set(labels, this.#end);
    this.#end += labels.length;
    out[this.#end++] = (2 << 3) | 2;
    out[this.#end++] = SAMPLE_BYTES - 2;
    out[this.#end++] = (1 << 3) | 1;
    this.#view.setFloat64(this.#end, value, true);
    this.#end += 8;
    out[this.#end++] = 2 << 3;
    this.#uvarint(atMs);
  }

  #uvarint(value: number): void {
    let rest = value;
    while (rest > 127) {
      this.#plain[this.#end++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#plain[this.#end++] = rest;
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#plain.length) return;
    const grown = new Uint8Array(this.#plain.length * 2);
    grown.set(this.#plain);
    this.#plain = grown;
    this.#view = new DataView(grown.buffer);
  }
}

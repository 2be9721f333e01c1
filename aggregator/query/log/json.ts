import { ByteWriter } from '../../../lib/byte-writer.ts';
import { labelsToRecord } from '../../../wire/labels.ts';
import type { FoundLines } from '../../store/log-store.ts';

/** JSON as bytes: a line goes from its block into the answer without becoming a string. */
export class JsonBytes {
  readonly #out = new ByteWriter();

  /** Writes JSON, or anything else, as it is. */
  raw(json: string): void {
    this.#out.raw(encoder.encode(json));
  }

  value(value: unknown): void {
    this.raw(JSON.stringify(value));
  }

  /** A string of UTF-8 bytes. */
  text(bytes: Uint8Array): void {
    const out = this.#out;
    out.u8(QUOTE);
    let start = 0;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      // Fast path.
      if (byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH) continue;
      out.raw(bytes.subarray(start, at));
      out.raw(ESCAPES[byte] as Uint8Array);
      start = at + 1;
    }
    out.raw(bytes.subarray(start));
    out.u8(QUOTE);
  }

  /** The members `lines` and `streams` of an object. */
  lines({ lines, streams }: FoundLines): void {
    this.raw('"lines":[');
    for (const [i, { timeNs, stream, text }] of lines.entries()) {
      this.raw(`${i === 0 ? '' : ','}{"timeNs":"${timeNs}","stream":${stream},"line":`);
      this.text(text);
      this.raw('}');
    }
    this.raw('],"streams":');
    this.value(streams.map(labelsToRecord));
  }

  finish(): Uint8Array {
    return this.#out.bytes();
  }
}

const encoder = new TextEncoder();
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ESCAPES: Readonly<Record<number, Uint8Array>> = Object.fromEntries(
  [...Array(0x20).keys(), QUOTE, BACKSLASH].map((byte) => [
    byte,
    encoder.encode(JSON.stringify(String.fromCharCode(byte)).slice(1, -1)),
  ]),
);

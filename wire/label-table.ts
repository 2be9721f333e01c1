import type { ByteReader } from '../lib/byte-reader.ts';
import { ByteWriter } from '../lib/byte-writer.ts';
import { Fault } from '../lib/fault.ts';
import type { Labels } from './labels.ts';

/** Limits of one label set. They keep a damaged or hostile body from taking memory. */
const LABEL_LIMITS = { labels: 128, textBytes: 64 * 1024 } as const;

/** Label sets as numbers into a table that holds each text once; drawn in FORMAT.md. */
export class LabelTableWriter {
  readonly #numbers = new Map<string, number>();

  /** Writes a label set to `out`; its texts go into the table, which `texts` writes. */
  labels(out: ByteWriter, labels: Labels): void {
    out.uvarint(labels.length / 2);
    for (const text of labels) {
      let number = this.#numbers.get(text);
      if (number === undefined) this.#numbers.set(text, (number = this.#numbers.size));
      out.uvarint(number);
    }
  }

  texts(out: ByteWriter): void {
    out.uvarint(this.#numbers.size);
    for (const text of this.#numbers.keys()) out.text(text);
  }
}

/** Reads the table of texts; a text that is too long throws a `Fault` `too_large`. */
export function readTexts(reader: ByteReader): string[] {
  const texts: string[] = [];
  for (let left = reader.count(); left > 0; left--) {
    const text = reader.text();
    if (text.length > LABEL_LIMITS.textBytes) {
      throw new Fault(
        'too_large',
        `a label text has ${text.length} characters, at most ${LABEL_LIMITS.textBytes} are taken`,
      );
    }
    texts.push(text);
  }
  return texts;
}

/** Reads a label set; names must be sorted and unique, no value empty, and there must be one label. */
export function readLabels(reader: ByteReader, texts: readonly string[]): Labels {
  const pairs = reader.count(2);
  if (pairs > LABEL_LIMITS.labels) {
    throw new Fault('too_large', `a series of ${pairs} labels, at most ${LABEL_LIMITS.labels} are taken`);
  }
  const labels: string[] = [];
  let previous = '';
  for (let i = 0; i < pairs; i++) {
    const name = texts[reader.uvarint()];
    const value = texts[reader.uvarint()];
    if (name === undefined || value === undefined)
      throw new Fault('malformed', 'a label points past the table of texts');
    if (name <= previous)
      throw new Fault(
        'malformed',
        `label ${JSON.stringify(name)} comes after ${JSON.stringify(previous)}: names must be sorted, unique and not empty`,
      );
    if (value === '') throw new Fault('malformed', `label ${JSON.stringify(name)} is empty: leave it out`);
    labels.push(name, value);
    previous = name;
  }
  if (pairs === 0) throw new Fault('malformed', 'a series without labels');
  return labels;
}

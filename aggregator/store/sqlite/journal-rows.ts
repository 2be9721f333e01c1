import { ByteReader } from '../../../lib/byte-reader.ts';
import { ByteWriter } from '../../../lib/byte-writer.ts';
import type { Catalog } from '../head/catalog.ts';
import type { RowBuffer } from '../row-buffer.ts';

/**
 * Rows as they are journalled: groups by the numbers of the catalog, and the labels of a group with the first of its
 * rows since the journal was begun, or since a head was sealed, so that what a fold leaves needs nothing of what it
 * drops. Drawn in FORMAT.md.
 */
export class RowsWriter {
  readonly #out = new ByteWriter(64 * 1024);
  /** By group: is it described in what the journal will keep? */
  #isDescribed = new Uint8Array(1024);

  /** From now on all groups are described again. */
  forget(): void {
    this.#isDescribed.fill(0);
  }

  /** The rows as bytes of their own; until `described` is called the groups count as unknown. */
  encode(catalog: Catalog, rows: RowBuffer): Uint8Array {
    const out = this.#out;
    out.clear();
    const { count, groups, timesMs, words, valueCount } = rows;
    const fresh = this.#undescribed(groups, count);
    out.uvarint(fresh.length);
    let before: number | undefined;
    for (const group of fresh) {
      const members = catalog.membersOf(group);
      out.uvarint(group);
      out.uvarint(members.length);
      for (const series of members) {
        catalog.index.writeLabels(out, series, before);
        before = series;
      }
    }
    out.uvarint(count);
    // Rows of one value need no width each.
    const isOfOnes = valueCount === count;
    out.u8(isOfOnes ? 1 : 0);
    let last = 0;
    for (let row = 0; row < count; row++) {
      const group = groups[row] as number;
      out.varint(group - last);
      if (!isOfOnes) out.uvarint(catalog.widthOf(group));
      last = group;
    }
    last = 0;
    for (let row = 0; row < count; row++) {
      const atMs = timesMs[row] as number;
      out.varint(atMs - last);
      last = atMs;
    }
    out.raw(new Uint8Array(words.buffer, 0, 8 * valueCount));
    return out.bytes().slice();
  }

  /** The journal has the rows now. */
  described(rows: RowBuffer): void {
    for (let row = 0; row < rows.count; row++) this.#isDescribed[rows.groups[row] as number] = 1;
  }

  /** The groups of rows that are not described yet, each once. */
  #undescribed(groups: Uint32Array, count: number): Iterable<number> & { readonly length: number } {
    const fresh: number[] = [];
    for (let row = 0; row < count; row++) {
      const group = groups[row] as number;
      if (group >= this.#isDescribed.length) {
        const grown = new Uint8Array(2 * group);
        grown.set(this.#isDescribed);
        this.#isDescribed = grown;
      }
      if (this.#isDescribed[group] !== 0) continue;
      this.#isDescribed[group] = 2;
      fresh.push(group);
    }
    for (const group of fresh) this.#isDescribed[group] = 0;
    return fresh;
  }
}

/** What described it was damaged. */
const UNKNOWN = -1;

/** Reads them back, entry after entry in their order, into the groups of a catalog. */
export class RowsReader {
  readonly #catalog: Catalog;
  /** Group in the journal -> group in the catalog. */
  readonly #groups = new Map<number, number>();

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  /**
   * Adds the rows of an entry and returns how many were left out, because what described their groups was lost.
   * Throws a `Fault` `malformed`, which the checksum before it has made unlikely.
   */
  decode(body: Uint8Array, into: RowBuffer): number {
    const reader = new ByteReader(body);
    for (let left = reader.count(); left > 0; left--) this.#describe(reader);
    const count = reader.count();
    const isOfOnes = reader.u8() === 1;
    const groups = new Int32Array(count);
    const widths = new Uint32Array(count).fill(1);
    let last = 0;
    for (let row = 0; row < count; row++) {
      groups[row] = this.#groups.get((last += reader.varint())) ?? UNKNOWN;
      if (!isOfOnes) widths[row] = reader.count();
    }
    const timesMs = new Float64Array(count);
    last = 0;
    for (let row = 0; row < count; row++) timesMs[row] = last += reader.varint();
    let lost = 0;
    for (let row = 0; row < count; row++) {
      const width = widths[row] as number;
      const group = groups[row] as number;
      const isKnown = group !== UNKNOWN && this.#catalog.widthOf(group) === width;
      const at = isKnown ? into.add(group, timesMs[row] as number, width) : -1;
      if (!isKnown) lost++;
      for (let i = 0; i < 2 * width; i++) {
        const word = reader.u32();
        if (isKnown) into.words[2 * at + i] = word;
      }
    }
    reader.end();
    return lost;
  }

  #describe(reader: ByteReader): void {
    const number = reader.uvarint();
    const series: number[] = [];
    for (let left = reader.count(); left > 0; left--) series.push(this.#catalog.index.internWritten(reader));
    const single = series.length === 1 ? series[0] : undefined;
    const group =
      single === undefined ? this.#catalog.addGroupOf(series) : this.#catalog.groupOfSeries(single);
    this.#groups.set(number, group);
  }
}

/** The body of a batch of which some frames are not taken: uvarint count, their places, the batch. */
export function writeOmitted(omitted: readonly number[], body: Uint8Array): Uint8Array {
  const out = new ByteWriter(body.length + 16);
  out.uvarint(omitted.length);
  for (const place of omitted) out.uvarint(place);
  out.raw(body);
  return out.bytes();
}

export function readOmitted(bytes: Uint8Array): { readonly omitted: number[]; readonly body: Uint8Array } {
  const reader = new ByteReader(bytes);
  const omitted: number[] = [];
  for (let left = reader.count(); left > 0; left--) omitted.push(reader.uvarint());
  return { omitted, body: bytes.subarray(reader.offset) };
}

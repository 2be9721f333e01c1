import { ByteReader } from '../../../lib/byte-reader.ts';
import { Fault } from '../../../lib/fault.ts';
import { zstdDecompress } from '../../../lib/zstd.ts';
import { asDamage } from './damage.ts';
import { PADDING_BYTES, segmentsOf, segmentStart } from './frame.ts';
import { type FrameFields, readFields } from './frame-fields.ts';
import { addReference, CONSTANT, REFERENCE, restore } from './prediction.ts';
import { BITS, fromBits, fromDecimals, RAW } from './scaling.ts';
import { TokenReader } from './token-reader.ts';
import { type TokenTable, tokenTable } from './token-table.ts';

/** The fields of a frame are no larger than this; usually they take some KB. */
const MAX_FIELD_BYTES = 1 << 26;
/** Up to here a frame is believed how much memory it takes. */
const BELIEVED_BYTES = 1 << 20;

/**
 * Single columns of a frame that a `FrameEncoder` made. Its bytes are not copied. Whatever they are, all that goes
 * wrong is a `Fault` (`damaged`), and the work is bounded by the frame's length and the rows asked for; but that
 * the values are right is for a checksum to say.
 */
export class FrameReader {
  readonly #bytes: Uint8Array;
  readonly #fields: FrameFields;
  readonly #tokens: TokenReader;
  readonly #tables: (TokenTable | undefined)[] = [];
  /** Where the values of all columns begin. */
  readonly #start: number;
  #residuals = new Float64Array(0);
  /** The column read last and its differences: the next is likely to refer to it. */
  #last = -1;
  #lastDifferences = new Float64Array(0);

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#tokens = new TokenReader(bytes);
    const { fields, end } = asDamage('a frame of columns', () => {
      const reader = new ByteReader(bytes);
      const columns = reader.count(0);
      const fieldBytes = reader.uvarint();
      if (fieldBytes > MAX_FIELD_BYTES) throw new Fault('damaged', `${fieldBytes} bytes of fields`);
      const packed = reader.block();
      const known = fieldBytes <= BELIEVED_BYTES ? fieldBytes : undefined;
      return { fields: readFields(zstdDecompress(packed, fieldBytes, known), columns), end: reader.offset };
    });
    this.#fields = fields;
    this.#start = end;
    const length = end + (fields.starts[fields.columns] as number) + PADDING_BYTES;
    if (length !== bytes.length)
      throw new Fault('damaged', `a frame of ${bytes.length} bytes tells of ${length}`);
  }

  get columns(): number {
    return this.#fields.columns;
  }

  /** Values of a column. */
  rows(column: number): number {
    const rows = this.#fields.rows[column];
    if (rows === undefined) throw new Fault('damaged', `column ${column} of a frame of ${this.columns}`);
    return rows;
  }

  /** Fills `into`, which is as long as the column; else a `Fault`, as the caller's index and the frame disagree. */
  decode(column: number, into: Float64Array): void {
    const rows = this.rows(column);
    if (rows !== into.length)
      throw new Fault('damaged', `a column of ${rows} rows where ${into.length} are due`);
    const fields = this.#fields;
    const way = fields.ways[column] as number;
    if (fields.kinds[column] === CONSTANT) {
      if (way === RAW) this.#readRaw(column, into);
      else this.#readConstant(column, into);
      return;
    }
    this.#readDifferences(column, into);
    if (way === BITS) {
      this.#readBits(column, into);
    } else {
      fromDecimals(into, {
        way,
        exponent: fields.exponents[column] as number,
        first: fields.firsts[column] as number,
        factor: fields.factors[column] as number,
      });
    }
    const exceptions = fields.exceptions.get(column);
    if (exceptions === undefined || way === BITS) return;
    for (const [i, row] of exceptions.rows.entries()) setBytes(into, row, exceptions.bytes[i] as Uint8Array);
  }

  #readBits(column: number, into: Float64Array): void {
    const fields = this.#fields;
    const factor = fields.factors[column] as number;
    let from = 0;
    setBytes(into, 0, fields.firstBytes.get(column) as Uint8Array);
    const exceptions = fields.exceptions.get(column) ?? { rows: [], bytes: [] };
    for (const [i, row] of exceptions.rows.entries()) {
      fromBits(into, from, row, factor);
      setBytes(into, row, exceptions.bytes[i] as Uint8Array);
      from = row;
    }
    fromBits(into, from, into.length, factor);
  }

  #readConstant(column: number, into: Float64Array): void {
    const fields = this.#fields;
    const first = into.subarray(0, 1);
    if (fields.ways[column] === BITS) {
      setBytes(into, 0, fields.firstBytes.get(column) as Uint8Array);
      const words = new Uint32Array(into.buffer, into.byteOffset, into.length * 2);
      for (let i = 2; i < words.length; i++) words[i] = words[i & 1] as number;
      return;
    }
    fromDecimals(first, {
      way: fields.ways[column] as number,
      exponent: fields.exponents[column] as number,
      first: fields.firsts[column] as number,
      factor: 1,
    });
    into.fill(first[0] as number);
  }

  #readRaw(column: number, into: Float64Array): void {
    const start = this.#start + (this.#fields.starts[column] as number);
    const end = this.#start + (this.#fields.starts[column + 1] as number);
    if (end - start !== into.byteLength) {
      throw new Fault('damaged', `${end - start} bytes for ${into.length} values`);
    }
    new Uint8Array(into.buffer, into.byteOffset, into.byteLength).set(this.#bytes.subarray(start, end));
  }

  /** Of the column itself and, before, of those that it refers to, one by the other. */
  #readDifferences(column: number, into: Float64Array): void {
    const { distances } = this.#fields;
    const chain = [column];
    let root = column;
    while (root !== this.#last && (distances[root] as number) > 0) {
      root -= distances[root] as number;
      chain.push(root);
    }
    chain.pop();
    if (root === this.#last) into.set(this.#lastDifferences.subarray(0, into.length));
    else this.#readResiduals(root, into);
    if (chain.length > 0 && this.#residuals.length < into.length)
      this.#residuals = new Float64Array(into.length);
    const residuals = this.#residuals.subarray(0, into.length);
    for (const next of chain.reverse()) {
      this.#readResiduals(next, residuals);
      addReference(into, residuals);
    }
    if (this.#lastDifferences.length < into.length) this.#lastDifferences = new Float64Array(into.length);
    this.#lastDifferences.set(into);
    this.#last = column;
  }

  /** With all predictions undone but that by another column. */
  #readResiduals(column: number, into: Float64Array): void {
    const fields = this.#fields;
    const rows = into.length;
    const first = fields.segmentStarts[column] as number;
    const segments = segmentsOf(rows);
    const tables: TokenTable[] = [];
    for (let i = 0; i < segments; i++) tables.push(this.#tableOf(fields.classes[first + i] as number));
    const tokens = this.#tokens;
    tokens.open(
      this.#start + (fields.starts[column] as number),
      this.#start + (fields.starts[column + 1] as number),
      rows,
      tables.some(({ only }) => only === undefined),
    );
    for (let i = 0; i < segments; i++) {
      tokens.readTokens(segmentStart(rows, i), segmentStart(rows, i + 1), tables[i] as TokenTable);
    }
    tokens.endTokens();
    into[0] = 0;
    for (let i = 0; i < segments; i++) {
      const base = fields.bases[first + i] as number;
      tokens.readNumbers(
        into,
        segmentStart(rows, i),
        segmentStart(rows, i + 1),
        base,
        tables[i] as TokenTable,
      );
    }
    tokens.end();
    const kind = fields.kinds[column] as number;
    if (kind !== REFERENCE) restore({ kind, slope: fields.slopes[column] as number, distance: 0 }, into);
  }

  #tableOf(number: number): TokenTable {
    return (this.#tables[number] ??= tokenTable(this.#fields.frequencies[number] as Uint16Array));
  }
}

function setBytes(values: Float64Array, row: number, bytes: Uint8Array): void {
  new Uint8Array(values.buffer, values.byteOffset + 8 * row, 8).set(bytes);
}

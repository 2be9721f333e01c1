import type { ByteWriter } from '../../../lib/byte-writer.ts';
import { Fault } from '../../../lib/fault.ts';
import { readWords, sumUp, zigzag, writeWords } from './words.ts';

/** All rows have the one value of the dictionary. */
const CONSTANT = 0;
/** Each row has the next value of the dictionary. */
const RISING = 1;
/** Rows as differences of places in the dictionary. */
const PLACES = 2;

/** The values of one label for the series of one metric, in their order, as symbols; 0 where it is absent. */
export interface LabelColumn {
  /** The different values, rising. */
  readonly dictionary: Uint32Array;
  /** A row's place in the dictionary; undefined when that is 0 for all, or the number of the row. */
  readonly places: Uint32Array | undefined;
}

export function symbolAt({ dictionary, places }: LabelColumn, row: number): number {
  if (places !== undefined) return dictionary[places[row] as number] as number;
  return dictionary[dictionary.length === 1 ? 0 : row] as number;
}

/** Packs columns; one for a part, because it has memory for each symbol. */
export class LabelColumnEncoder {
  /** The number of the column that a symbol was last met in, and its place in that one's dictionary. */
  readonly #metIn: Uint32Array;
  readonly #places: Uint32Array;
  #column = 0;

  constructor(symbolCount: number) {
    this.#metIn = new Uint32Array(symbolCount);
    this.#places = new Uint32Array(symbolCount);
  }

  /** At least one row. */
  encode(out: ByteWriter, symbols: Uint32Array): void {
    const dictionary = this.#dictionaryOf(symbols);
    const isConstant = dictionary.length === 1;
    const isRising =
      dictionary.length === symbols.length && dictionary.every((symbol, i) => symbol === symbols[i]);
    out.u8(isConstant ? CONSTANT : isRising ? RISING : PLACES);
    out.uvarint(dictionary.length);
    writeWords(
      out,
      dictionary.map((symbol, i) => symbol - (dictionary[i - 1] ?? 0)),
    );
    if (isConstant || isRising) return;
    let before = 0;
    for (const symbol of symbols) {
      const place = this.#places[symbol] as number;
      out.uvarint(zigzag(place - before));
      before = place;
    }
  }

  #dictionaryOf(symbols: Uint32Array): Uint32Array {
    const column = ++this.#column;
    const found: number[] = [];
    for (const symbol of symbols) {
      if (this.#metIn[symbol] === column) continue;
      this.#metIn[symbol] = column;
      found.push(symbol);
    }
    const dictionary = Uint32Array.from(found).sort();
    for (let i = 0; i < dictionary.length; i++) this.#places[dictionary[i] as number] = i;
    return dictionary;
  }
}

/** Throws a `Fault` when the bytes are no column of so many rows. */
export function decodeLabelColumn(bytes: Uint8Array, rows: number): LabelColumn {
  const head = new Uint32Array(2);
  let at = readWords(bytes, 0, head);
  const [kind, count] = head as unknown as [number, number];
  if (kind > PLACES || count === 0 || count > Math.min(rows, bytes.length)) {
    throw new Fault('damaged', `a column of labels of kind ${kind} with ${count} values`);
  }
  const dictionary = new Uint32Array(count);
  at = readWords(bytes, at, dictionary);
  for (let i = 1; i < count; i++) dictionary[i] = (dictionary[i] as number) + (dictionary[i - 1] as number);
  if (kind === CONSTANT && count === 1) return { dictionary, places: undefined };
  if (kind === RISING && count === rows) return { dictionary, places: undefined };
  if (kind !== PLACES) throw new Fault('damaged', `${count} values of labels for ${rows} series`);
  if (rows > bytes.length) throw new Fault('damaged', `${rows} labels in ${bytes.length} bytes`);
  const places = new Uint32Array(rows);
  readWords(bytes, at, places);
  sumUp(places);
  for (let row = 0; row < rows; row++) {
    if ((places[row] as number) >= count) throw new Fault('damaged', 'a label without a value');
  }
  return { dictionary, places };
}

/** The rows whose value is accepted, of all or of some; undefined when it is all of them. */
export function rowsWhere(
  column: LabelColumn,
  among: Uint32Array | undefined,
  accepts: (symbol: number) => boolean,
): Uint32Array | undefined {
  const { dictionary, places } = column;
  const isAccepted = new Uint8Array(dictionary.length);
  let accepted = 0;
  for (let i = 0; i < dictionary.length; i++) {
    if (!accepts(dictionary[i] as number)) continue;
    isAccepted[i] = 1;
    accepted++;
  }
  if (accepted === dictionary.length) return among;
  if (accepted === 0) return NONE;
  // A column of one value is accepted or not as a whole, so without places it is one value a row.
  const count = among?.length ?? places?.length ?? dictionary.length;
  const found = new Uint32Array(count);
  let end = 0;
  for (let i = 0; i < count; i++) {
    const row = among === undefined ? i : (among[i] as number);
    if (isAccepted[places === undefined ? row : (places[row] as number)] === 1) found[end++] = row;
  }
  return found.slice(0, end);
}

const NONE = new Uint32Array(0);

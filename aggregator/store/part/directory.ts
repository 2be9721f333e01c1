import { ByteReader } from '../../../lib/byte-reader.ts';
import { ByteWriter } from '../../../lib/byte-writer.ts';
import { Fault } from '../../../lib/fault.ts';
import { readWords, sumUp, writeWords, zigzag } from './words.ts';

/** Rows of numbers below 2^32, column by column; of blocks, in the order of what they hold. */
type Table<Name extends string> = Readonly<Record<Name, Uint32Array>>;

/** What a part holds and in which block; FORMAT.md draws it. `first` is the first that a block holds. */
export interface Directory {
  /** Of two parts with samples of the same time the one of higher rank is right. */
  readonly rank: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly seriesCount: number;
  readonly sampleCount: number;
  readonly symbolCount: number;
  readonly timelineCount: number;
  readonly symbols: Table<'block' | 'first'>;
  /** The first text of each block of symbols. */
  readonly firstTexts: readonly string[];
  /** `name`: symbol of the first metric's name; `series`: its first series. */
  readonly metrics: Table<'block' | 'name' | 'series'>;
  /** Columns `first`.. of the label `name`, at byte `start` of the block; sorted by name, then first. */
  readonly labels: Table<'name' | 'first' | 'block' | 'start'>;
  readonly series: Table<'block' | 'first'>;
  readonly values: Table<'block' | 'first'>;
  readonly times: Table<'block' | 'first'>;
}

const VERSION = 1;
const TABLES = {
  symbols: ['block', 'first'],
  metrics: ['block', 'name', 'series'],
  labels: ['name', 'first', 'block', 'start'],
  series: ['block', 'first'],
  values: ['block', 'first'],
  times: ['block', 'first'],
} as const;
type TableName = keyof typeof TABLES;
const NAMES = Object.keys(TABLES) as TableName[];
const NUMBERS = [
  'rank',
  'fromMs',
  'toMs',
  'seriesCount',
  'sampleCount',
  'symbolCount',
  'timelineCount',
] as const;

export function encodeDirectory(directory: Directory): Uint8Array {
  const out = new ByteWriter();
  out.u8(VERSION);
  for (const name of NUMBERS) out.varint(directory[name]);
  for (const name of NAMES) {
    const table = directory[name] as Readonly<Record<string, Uint32Array>>;
    const columns = TABLES[name].map((column) => table[column] as Uint32Array);
    out.uvarint((columns[0] as Uint32Array).length);
    for (const column of columns)
      writeWords(
        out,
        column.map((word, i) => zigzag(word - (column[i - 1] ?? 0))),
      );
  }
  for (const text of directory.firstTexts) out.text(text);
  return out.bytes();
}

/** Throws a `Fault` on anything that `encodeDirectory` did not write. */
export function decodeDirectory(bytes: Uint8Array): Directory {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  if (version !== VERSION) throw new Fault('damaged', `${version} is not a version of a directory`);
  const numbers = Object.fromEntries(NUMBERS.map((name) => [name, reader.varint()])) as Record<
    (typeof NUMBERS)[number],
    number
  >;
  const tables = Object.fromEntries(NAMES.map((name) => [name, readTable(reader, bytes, TABLES[name])]));
  const directory = { ...numbers, ...tables } as unknown as Omit<Directory, 'firstTexts'>;
  const firstTexts = Array.from(directory.symbols.block, () => reader.text());
  reader.end();
  return { ...directory, firstTexts };
}

function readTable(
  reader: ByteReader,
  bytes: Uint8Array,
  columns: readonly string[],
): Record<string, Uint32Array> {
  const rows = reader.count(columns.length);
  return Object.fromEntries(
    columns.map((column) => {
      const words = new Uint32Array(rows);
      reader.raw(readWords(bytes, reader.offset, words) - reader.offset);
      sumUp(words);
      return [column, words];
    }),
  );
}

/** A table that grows row by row. */
export class TableWriter<Name extends string> {
  readonly #columns: readonly Name[];
  readonly #rows: number[][] = [];

  constructor(...columns: Name[]) {
    this.#columns = columns;
  }

  add(...row: number[]): void {
    this.#rows.push(row);
  }

  /** Sorted by the first column, then the second; rows are added so but for the labels. */
  finish(): Table<Name> {
    const rows = this.#rows.sort(
      (a, b) => (a[0] as number) - (b[0] as number) || (a[1] as number) - (b[1] as number),
    );
    return Object.fromEntries(
      this.#columns.map((column, i) => [column, Uint32Array.from(rows, (row) => row[i] as number)]),
    ) as Record<Name, Uint32Array>;
  }
}

import { ByteReader } from '../../../lib/byte-reader.ts';
import { ByteWriter } from '../../../lib/byte-writer.ts';
import { labelsKey, type Labels } from '../../../wire/labels.ts';
import type { Ids } from '../ids.ts';
import type { LabelIndex } from '../label-index.ts';
import type { Statements } from './database.ts';

/**
 * The label sets of one partition, of series as of log streams: each text once, each set once with an id, and
 * the inverted index from a label to the sets that carry it. Drawn in FORMAT.md.
 */
export const LABEL_TABLES = `
  CREATE TABLE symbol (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
  CREATE TABLE series (id INTEGER PRIMARY KEY, labels BLOB NOT NULL UNIQUE);
  CREATE TABLE posting (name INTEGER, value INTEGER, series INTEGER, PRIMARY KEY (name, value, series)) WITHOUT ROWID`;

/** The writing side; remembers what it met until `forget`. */
export class LabelTableStore {
  readonly #statements: Statements;
  readonly #symbols = new Map<string, number>();
  readonly #series = new Map<string, number>();

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** The id of a label set, new or known. */
  idOf(labels: Labels): number {
    const key = labelsKey(labels);
    let id = this.#series.get(key);
    if (id === undefined) {
      const symbols = labels.map((text) => this.#symbolOf(text));
      const blob = packed(symbols);
      const known = this.#statements.get('SELECT id FROM series WHERE labels = ?').get(blob);
      id = (known as { id: number } | undefined)?.id ?? this.#add(blob, symbols);
      this.#series.set(key, id);
    }
    return id;
  }

  /** After a rollback: ids that were given may be gone. */
  forget(): void {
    this.#symbols.clear();
    this.#series.clear();
  }

  #add(blob: Buffer, symbols: readonly number[]): number {
    const id = this.#statements.insert('INSERT INTO series (labels) VALUES (?)', blob);
    const insert = this.#statements.get('INSERT INTO posting VALUES (?, ?, ?)');
    for (let i = 0; i < symbols.length; i += 2) insert.run(symbols[i], symbols[i + 1], id);
    return id;
  }

  #symbolOf(text: string): number {
    let id = this.#symbols.get(text);
    if (id === undefined) {
      const known = this.#statements.get('SELECT id FROM symbol WHERE text = ?').get(text);
      id =
        (known as { id: number } | undefined)?.id ??
        this.#statements.insert('INSERT INTO symbol (text) VALUES (?)', text);
      this.#symbols.set(text, id);
    }
    return id;
  }
}

/** Texts that one reader keeps of one partition. */
const MAX_TEXTS = 20_000;

/**
 * The reading side. The index is asked by SQL and not held in memory, so an old partition costs nothing until
 * it is read.
 */
export class StoredLabelIndex implements LabelIndex {
  readonly #statements: Statements;
  /** Texts of symbols that were asked for last. */
  readonly #texts = new Map<number, string>();

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  all(): Ids {
    return this.#ids('SELECT id FROM series ORDER BY id');
  }

  withLabel(name: string, value: string): Ids {
    return this.#ids(
      `SELECT series FROM posting WHERE name = (SELECT id FROM symbol WHERE text = ?)
         AND value = (SELECT id FROM symbol WHERE text = ?) ORDER BY series`,
      name,
      value,
    );
  }

  *valuesOf(name: string): Iterable<{ readonly value: string; ids(): Ids }> {
    const symbol = this.#statements.get('SELECT id FROM symbol WHERE text = ?').pluck().get(name);
    if (symbol === undefined) return;
    const values = this.#statements
      .get('SELECT DISTINCT p.value, s.text FROM posting p JOIN symbol s ON s.id = p.value WHERE p.name = ?')
      .all(symbol) as { value: number; text: string }[];
    const ids = 'SELECT series FROM posting WHERE name = ? AND value = ? ORDER BY series';
    for (const { value, text } of values) yield { value: text, ids: () => this.#ids(ids, symbol, value) };
  }

  labelsOf(id: number): Labels {
    const blob = this.#statements.get('SELECT labels FROM series WHERE id = ?').pluck().get(id) as Buffer;
    const reader = new ByteReader(blob);
    const labels: string[] = [];
    while (reader.remaining > 0) labels.push(this.#text(reader.uvarint()));
    return labels;
  }

  #text(symbol: number): string {
    let text = this.#texts.get(symbol);
    if (text === undefined) {
      text = this.#statements.get('SELECT text FROM symbol WHERE id = ?').pluck().get(symbol) as string;
      if (this.#texts.size >= MAX_TEXTS) this.#texts.clear();
      this.#texts.set(symbol, text);
    }
    return text;
  }

  #ids(sql: string, ...values: unknown[]): Ids {
    return Uint32Array.from(
      this.#statements
        .get(sql)
        .pluck()
        .all(...values) as number[],
    );
  }
}

/** Numbers as a blob that can be a unique key. */
function packed(numbers: readonly number[]): Buffer {
  const out = new ByteWriter();
  for (const number of numbers) out.uvarint(number);
  return Buffer.from(out.bytes());
}

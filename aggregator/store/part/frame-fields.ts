import { ByteReader } from '../../../lib/byte-reader.ts';
import { MAX_EXPONENT } from '../../../lib/decimal.ts';
import { Fault } from '../../../lib/fault.ts';
import {
  HAS_EXCEPTIONS,
  MAX_CLASSES,
  MAX_DEPTH,
  type Plane,
  PLANES,
  PREDICTION_SHIFT,
  segmentsOf,
  WAY_MASK,
} from './frame.ts';
import { CONSTANT, LEVEL, REFERENCE } from './prediction.ts';
import { BITS, DIVIDED_TWICE, MULTIPLIED, RAW } from './scaling.ts';
import { frequenciesOf } from './token-class.ts';
import { TOKENS } from './tokens.ts';

/** What is told of each column of a frame, by its number; starts have one more, the end of the last. */
export interface FrameFields {
  readonly columns: number;
  readonly ways: Uint8Array;
  readonly kinds: Uint8Array;
  readonly exponents: Uint8Array;
  readonly rows: Float64Array;
  readonly firsts: Float64Array;
  /** With BITS: where the 8 bytes of the first value are. */
  readonly firstBytes: Map<number, Uint8Array>;
  readonly factors: Float64Array;
  readonly slopes: Float64Array;
  readonly distances: Uint8Array;
  /** References to follow before a column can be read. */
  readonly depths: Uint8Array;
  readonly exceptions: Map<number, Exceptions>;
  /** Of the bytes that hold the values, behind the fields. */
  readonly starts: Float64Array;
  readonly segmentStarts: Uint32Array;
  /** By segment. */
  readonly classes: Uint8Array;
  readonly bases: Float64Array;
  /** By class, by token. */
  readonly frequencies: readonly Uint16Array[];
}

/** Rows that keep their 8 bytes. */
export interface Exceptions {
  readonly rows: readonly number[];
  readonly bytes: readonly Uint8Array[];
}

/** Reads the fields of `columns` columns; throws a `Fault` where they can't be. */
export function readFields(bytes: Uint8Array, columns: number): FrameFields {
  const all = new ByteReader(bytes);
  const planes = Object.fromEntries(PLANES.map((plane) => [plane, new ByteReader(all.block())])) as Record<
    Plane,
    ByteReader
  >;
  all.end();
  if (planes.heads.remaining !== columns) throw damaged(`${columns} columns`);
  const classes = planes.classes.raw(planes.classes.remaining);
  const fields = {
    columns,
    ways: new Uint8Array(columns),
    kinds: new Uint8Array(columns),
    exponents: new Uint8Array(columns),
    rows: new Float64Array(columns),
    firsts: new Float64Array(columns),
    firstBytes: new Map<number, Uint8Array>(),
    factors: new Float64Array(columns),
    slopes: new Float64Array(columns),
    distances: new Uint8Array(columns),
    depths: new Uint8Array(columns),
    exceptions: new Map<number, Exceptions>(),
    starts: new Float64Array(columns + 1),
    segmentStarts: new Uint32Array(columns + 1),
    classes,
    bases: Float64Array.from(classes, () => planes.bases.varint()),
    frequencies: readClasses(planes.weights),
  };
  for (let column = 0; column < columns; column++) readColumn(planes, fields, column);
  for (const plane of PLANES) planes[plane].end();
  if (fields.segmentStarts[columns] !== classes.length) throw damaged(`${classes.length} segments`);
  for (const number of classes) {
    if (number >= fields.frequencies.length) throw damaged(`class ${number} of ${fields.frequencies.length}`);
  }
  return fields;
}

type Readers = Readonly<Record<Plane, ByteReader>>;

function readColumn(planes: Readers, fields: FrameFields, column: number): void {
  const head = planes.heads.u8();
  const way = head & WAY_MASK;
  const kind = (head & ~HAS_EXCEPTIONS) >> PREDICTION_SHIFT;
  const rows = planes.rows.uvarint();
  if (way > RAW || kind > REFERENCE || rows === 0) throw damaged(`${rows} rows of the kind ${head}`);
  fields.ways[column] = way;
  fields.kinds[column] = kind;
  fields.rows[column] = rows;
  if (way <= MULTIPLIED) fields.exponents[column] = planes.exponents.u8();
  if (way === DIVIDED_TWICE) fields.exponents[column] = 6;
  if ((fields.exponents[column] as number) > MAX_EXPONENT)
    throw damaged(`exponent ${fields.exponents[column]}`);
  if (way === BITS) fields.firstBytes.set(column, planes.firsts.raw(8));
  else if (way !== RAW) fields.firsts[column] = planes.firsts.varint();
  if ((head & HAS_EXCEPTIONS) !== 0) fields.exceptions.set(column, readExceptions(planes.exceptions, rows));
  const isStored = kind !== CONSTANT;
  if (isStored) readPrediction(planes, fields, column);
  fields.starts[column + 1] = (fields.starts[column] as number) + planes.lengths.uvarint();
  const segments = (fields.segmentStarts[column] as number) + (isStored ? segmentsOf(rows) : 0);
  if (segments > fields.classes.length) throw damaged(`${segments} segments of ${fields.classes.length}`);
  fields.segmentStarts[column + 1] = segments;
}

function readPrediction(planes: Readers, fields: FrameFields, column: number): void {
  fields.factors[column] = planes.factors.uvarint();
  const kind = fields.kinds[column] as number;
  if (fields.ways[column] === RAW) throw damaged('a raw column with a prediction');
  if (kind === LEVEL) fields.slopes[column] = planes.slopes.varint();
  if (kind !== REFERENCE) return;
  const distance = planes.distances.u8();
  const target = column - distance;
  const isRight =
    distance > 0 &&
    target >= 0 &&
    fields.rows[target] === fields.rows[column] &&
    fields.kinds[target] !== CONSTANT &&
    (fields.depths[target] as number) < MAX_DEPTH;
  if (!isRight) throw damaged(`a reference from column ${column} to ${target}`);
  fields.distances[column] = distance;
  fields.depths[column] = (fields.depths[target] as number) + 1;
}

function readExceptions(reader: ByteReader, rows: number): Exceptions {
  const list: number[] = [];
  const bytes: Uint8Array[] = [];
  let row = 0;
  for (let left = reader.count(9); left > 0; left--) {
    row += reader.uvarint();
    if (row >= rows) throw damaged(`an exception in row ${row} of ${rows}`);
    list.push(row);
    bytes.push(reader.raw(8));
  }
  return { rows: list, bytes };
}

function readClasses(reader: ByteReader): Uint16Array[] {
  const classes: Uint16Array[] = [];
  const count = reader.count(3);
  if (count > MAX_CLASSES) throw damaged(`${count} classes of tokens`);
  while (classes.length < count) {
    const first = reader.u8();
    const weights = reader.block();
    if (first + weights.length > TOKENS) throw damaged(`token ${first + weights.length - 1}`);
    const all = new Uint8Array(TOKENS);
    all.set(weights, first);
    classes.push(frequenciesOf(all));
  }
  return classes;
}

function damaged(what: string): Fault {
  return new Fault('damaged', `a frame tells of ${what}`);
}

import { ByteWriter } from '../../../lib/byte-writer.ts';
import { zstdCompress } from '../../../lib/zstd.ts';
import { ClassChooser } from './class-chooser.ts';
import {
  FRAME_VALUES,
  HAS_EXCEPTIONS,
  MAX_DISTANCE,
  PADDING_BYTES,
  type Plane,
  PLANES,
  PREDICTION_SHIFT,
  segmentsOf,
  segmentStart,
} from './frame.ts';
import { CONSTANT, DELTA, LEVEL, type Neighbour, predict, REFERENCE } from './prediction.ts';
import { PLAIN_DELTA, Predictor, usualOf } from './predictor.ts';
import { RangeEncoder, startsOf } from './range-coder.ts';
import { BITS, MULTIPLIED, RAW, type Scaled, toIntegers } from './scaling.ts';
import { frequenciesOf, onlyToken, type Weights } from './token-class.ts';
import { TokenBuffer } from './token-buffer.ts';
import { TOKENS } from './tokens.ts';

/**
 * Takes columns, one after the other, and makes a frame of them: bytes from which a `FrameReader` takes single
 * columns. Those that are alike (of one metric, the buckets of one histogram) pack best beside each other.
 * It keeps up to nine bytes for each value until the frame is finished, and its buffers for the next.
 */
export class FrameEncoder {
  readonly #planes = Object.fromEntries(PLANES.map((plane) => [plane, new ByteWriter()])) as Record<
    Plane,
    ByteWriter
  >;
  readonly #tokens = new TokenBuffer();
  readonly #chooser = new ClassChooser();
  readonly #predictor = new Predictor();
  readonly #ranges = new RangeEncoder();
  /** Of the columns just before, the last first; of one that has no differences undefined. */
  #neighbours: (Neighbour | undefined)[] = [];
  #spare: Float64Array[] = [];
  #residuals = new Float64Array(0);
  readonly #exceptions: number[] = [];
  /** Where the tokens of each segment end, and the number of segments up to and with each column. */
  readonly #segmentEnds: number[] = [];
  readonly #columnEnds: number[] = [];
  /** Where the plain bits of each column end. */
  readonly #plainEnds: number[] = [];
  #values = 0;

  /** Columns and values taken since the last frame. */
  get columns(): number {
    return this.#columnEnds.length;
  }

  get values(): number {
    return this.#values;
  }

  /** Large enough to be finished; more makes it hardly smaller. */
  get isFull(): boolean {
    return this.#values >= FRAME_VALUES;
  }

  /** Takes one column, of at least one value; it has the number that `columns` was. */
  add(values: Float64Array): void {
    const rows = values.length;
    if (rows === 0) throw new Error('BUG: a column of no rows');
    this.#planes.rows.uvarint(rows);
    this.#values += rows;
    const differences = this.#buffer(rows);
    const isSame = isConstant(values);
    const scaled = toIntegers(values, isSame ? 1 : rows, differences, this.#exceptions);
    const isStored = !isSame && scaled.way !== RAW;
    const neighbour = isStored ? this.#predicted(scaled, values, differences) : undefined;
    if (!isStored) {
      this.#head(scaled, CONSTANT, values);
      if (!isSame) this.#putRaw(values);
      this.#spare.push(differences);
    }
    this.#neighbours.unshift(neighbour);
    if (this.#neighbours.length > MAX_DISTANCE) {
      const last = this.#neighbours.pop();
      if (last !== undefined) this.#spare.push(last.differences);
    }
    this.#columnEnds.push(this.#segmentEnds.length);
    this.#plainEnds.push(this.#tokens.plain.length);
  }

  /** The frame of all columns taken, valid for good; after that the next begins. */
  finish(): Uint8Array {
    const planes = this.#planes;
    const classes = new Uint8Array(this.#segmentEnds.length);
    const weights = this.#chooser.choose(classes);
    planes.classes.raw(classes);
    writeWeights(planes.weights, weights);
    const body = this.#encodeTokens(classes, weights);
    const fields = new ByteWriter();
    for (const plane of PLANES) fields.block(planes[plane].bytes());
    const frame = new ByteWriter();
    frame.uvarint(this.#columnEnds.length);
    frame.uvarint(fields.length);
    frame.block(zstdCompress(fields.bytes()));
    frame.raw(body.bytes());
    frame.raw(new Uint8Array(PADDING_BYTES));
    this.#clear();
    return frame.bytes();
  }

  #predicted(scaled: Scaled, values: Float64Array, differences: Float64Array): Neighbour {
    const rows = values.length;
    let residuals = differences;
    const usual = usualOf(differences, 1, rows);
    let prediction = this.#predictor.choose(differences, rows, scaled.way !== BITS, usual, this.#neighbours);
    const reference = this.#neighbours[prediction.distance - 1];
    if (prediction.kind !== DELTA) {
      residuals = this.#residualsOf(rows);
      if (!predict(prediction, differences, rows, reference?.differences, residuals)) {
        prediction = PLAIN_DELTA;
        residuals = differences;
      }
    }
    const { factors, slopes, distances } = this.#planes;
    this.#head(scaled, prediction.kind, values);
    factors.uvarint(scaled.factor);
    if (prediction.kind === LEVEL) slopes.varint(prediction.slope);
    if (prediction.kind === REFERENCE) distances.u8(prediction.distance);
    this.#putResiduals(residuals, rows);
    return {
      differences,
      rows,
      usual,
      depth: prediction.kind === REFERENCE ? (reference?.depth ?? 0) + 1 : 0,
    };
  }

  #head({ way, exponent, first }: Scaled, kind: number, values: Float64Array): void {
    const { heads, exponents, firsts } = this.#planes;
    const hasExceptions = kind !== CONSTANT && this.#exceptions.length > 0;
    heads.u8(way | (kind << PREDICTION_SHIFT) | (hasExceptions ? HAS_EXCEPTIONS : 0));
    if (way <= MULTIPLIED) exponents.u8(exponent);
    // As bytes: a NaN that passes as a number may lose its payload.
    if (way === BITS) firsts.raw(new Uint8Array(values.buffer, values.byteOffset, 8));
    else if (way !== RAW) firsts.varint(first);
    if (hasExceptions) this.#putExceptions(values);
  }

  #putExceptions(values: Float64Array): void {
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
    const { exceptions } = this.#planes;
    exceptions.uvarint(this.#exceptions.length);
    let before = 0;
    for (const row of this.#exceptions) {
      exceptions.uvarint(row - before);
      exceptions.u32(words[2 * row] as number);
      exceptions.u32(words[2 * row + 1] as number);
      before = row;
    }
  }

  #putResiduals(residuals: Float64Array, rows: number): void {
    const tokens = this.#tokens;
    for (let segment = 0; segment < segmentsOf(rows); segment++) {
      const from = segmentStart(rows, segment);
      const to = segmentStart(rows, segment + 1);
      const base = this.#predictor.baseOf(residuals, from, to);
      this.#planes.bases.varint(base);
      const first = tokens.length;
      const guess = tokens.put(residuals, from, to, base);
      this.#chooser.add(tokens.tokens, first, tokens.length, guess);
      this.#segmentEnds.push(tokens.length);
    }
    tokens.plain.align();
  }

  #putRaw(values: Float64Array): void {
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
    for (const word of words) this.#tokens.plain.put(word, 32);
  }

  /** The tokens of each column, nothing where each segment has but one, and its plain bits. */
  #encodeTokens(classes: Uint8Array, weights: readonly Weights[]): ByteWriter {
    const tables = weights.map((ofClass) => {
      const frequencies = frequenciesOf(ofClass);
      return { frequencies, starts: startsOf(frequencies), isSingle: onlyToken(frequencies) !== undefined };
    });
    const body = new ByteWriter(this.#tokens.length + this.#tokens.plain.length);
    let firstSegment = 0;
    let plainFrom = 0;
    for (let column = 0; column < this.columns; column++) {
      const begin = body.length;
      const endSegment = this.#columnEnds[column] as number;
      let any = false;
      for (let segment = endSegment - 1; segment >= firstSegment; segment--) {
        const table = tables[classes[segment] as number];
        if (table === undefined) throw new Error(`BUG: segment ${segment} has no class`);
        if (table.isSingle) continue;
        any = true;
        const from = segment === 0 ? 0 : (this.#segmentEnds[segment - 1] as number);
        const to = this.#segmentEnds[segment] as number;
        this.#ranges.put(this.#tokens.tokens, from, to, table.frequencies, table.starts);
      }
      if (any) body.raw(this.#ranges.end());
      const plainTo = this.#plainEnds[column] as number;
      body.raw(this.#tokens.plain.bytes(plainFrom, plainTo));
      this.#planes.lengths.uvarint(body.length - begin);
      firstSegment = endSegment;
      plainFrom = plainTo;
    }
    return body;
  }

  #buffer(rows: number): Float64Array {
    const buffer = this.#spare.pop();
    return buffer !== undefined && buffer.length >= rows ? buffer : new Float64Array(2 * rows);
  }

  #residualsOf(rows: number): Float64Array {
    if (this.#residuals.length < rows) this.#residuals = new Float64Array(rows);
    return this.#residuals;
  }

  #clear(): void {
    for (const plane of PLANES) this.#planes[plane].clear();
    this.#tokens.clear();
    for (const neighbour of this.#neighbours)
      if (neighbour !== undefined) this.#spare.push(neighbour.differences);
    this.#neighbours = [];
    this.#segmentEnds.length = 0;
    this.#columnEnds.length = 0;
    this.#plainEnds.length = 0;
    this.#values = 0;
  }
}

/** The number of classes; each as its first token, and the weights from there on. */
function writeWeights(out: ByteWriter, classes: readonly Weights[]): void {
  out.uvarint(classes.length);
  for (const weights of classes) {
    const first = weights.findIndex((weight) => weight > 0);
    let end = TOKENS;
    while (weights[end - 1] === 0) end--;
    out.u8(first);
    out.block(weights.subarray(first, end));
  }
}

function isConstant(values: Float64Array): boolean {
  const first = values[0] as number;
  // Fast path.
  if (first !== 0 && !Number.isNaN(first)) {
    for (let row = 1; row < values.length; row++) if (values[row] !== first) return false;
    return true;
  }
  // Slow path: by their bits, which tell -0 and NaNs apart.
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
  for (let i = 2; i < words.length; i++) if (words[i] !== words[i & 1]) return false;
  return true;
}

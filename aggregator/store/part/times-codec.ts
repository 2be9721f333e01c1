import { ByteReader } from '../../../lib/byte-reader.ts';
import type { ByteWriter } from '../../../lib/byte-writer.ts';
import { Fault } from '../../../lib/fault.ts';
import { asDamage } from './damage.ts';
import { LEVEL, type Prediction, predict, restore, SECOND } from './prediction.ts';

/**
 * Rising timestamps in whole milliseconds. What a scraper strays from its pace is stored, as a varint a row; at an
 * even pace all of these are zero, which zstd over many of them takes to nothing. Layout in FORMAT.md.
 */
const UNEVEN: Prediction = { kind: SECOND, slope: 0, distance: 0 };

/** Packs times, at least one. The bytes do not tell how many there are. */
export function encodeTimes(out: ByteWriter, timestampsMs: Float64Array): void {
  const rows = timestampsMs.length;
  const differences = new Float64Array(rows);
  for (let row = 1; row < rows; row++) {
    differences[row] = (timestampsMs[row] as number) - (timestampsMs[row - 1] as number);
  }
  const step = differences.slice(1).sort()[(rows - 1) >> 1] ?? 0;
  const even: Prediction = { kind: LEVEL, slope: step, distance: 0 };
  const strays = residualsOf(even, differences);
  const changes = residualsOf(UNEVEN, differences);
  const isEven = sizeOf(strays) <= sizeOf(changes);
  const residuals = isEven ? strays : changes;
  if (residuals === undefined) throw new Error('BUG: times are 2^52 ms and more apart');
  out.varint(timestampsMs[0] as number);
  out.u8(isEven ? LEVEL : SECOND);
  if (isEven) out.uvarint(step);
  for (const residual of residuals.subarray(1)) out.varint(residual);
}

/** Fills `into` with as many times; a `Fault` (`damaged`) when the bytes hold others, or these do not rise. */
export function decodeTimes(bytes: Uint8Array, into: Float64Array): void {
  asDamage('times', () => {
    const reader = new ByteReader(bytes);
    let timeMs = reader.varint();
    const kind = reader.u8();
    if (kind !== LEVEL && kind !== SECOND) throw new Fault('damaged', `${kind} is not a kind of times`);
    const slope = kind === LEVEL ? reader.uvarint() : 0;
    for (let row = 1; row < into.length; row++) into[row] = reader.varint();
    reader.end();
    restore({ kind, slope, distance: 0 }, into);
    into[0] = timeMs;
    for (let row = 1; row < into.length; row++) {
      const difference = into[row] as number;
      timeMs += difference;
      if (!(difference > 0) || !Number.isSafeInteger(timeMs)) {
        throw new Fault('damaged', `${timeMs} ms in row ${row} comes ${difference} ms after the row before`);
      }
      into[row] = timeMs;
    }
  });
}

/** Undefined when some are too large to be exact. */
function residualsOf(prediction: Prediction, differences: Float64Array): Float64Array | undefined {
  const residuals = new Float64Array(differences.length);
  const isExact = predict(prediction, differences, differences.length, undefined, residuals);
  return isExact ? residuals : undefined;
}

/** In bits, about. */
function sizeOf(residuals: Float64Array | undefined): number {
  if (residuals === undefined) return Infinity;
  let bits = 0;
  for (const residual of residuals) bits += Math.log2(1 + Math.abs(residual));
  return bits;
}

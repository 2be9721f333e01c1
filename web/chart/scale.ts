import type { Unit } from '../format/unit.ts';

/** Distances of ticks that give round numbers in a unit: powers of two for bytes, 1-2-5 for the rest. */
export function incrementsOf(unit: Unit): number[] {
  if (unit === 'bytes' || unit === 'bytes-per-second')
    return Array.from({ length: 61 }, (_, power) => 2 ** power);
  const increments: number[] = [];
  for (let power = -12; power <= 18; power++) {
    for (const digit of [1, 2, 5]) increments.push(Number(`${digit}e${power}`));
  }
  return increments;
}

/**
 * The ends of a vertical axis: zero is always on it, `atLeast` is its least upper end, and what is above
 * that gets a little air.
 */
export function verticalRange(
  min: number | null,
  max: number | null,
  atLeast: number | undefined,
): [number, number] {
  const low = Math.min(0, min ?? 0);
  const high = Math.max(0, max ?? 0, atLeast ?? 0);
  const air = (high - low) * 0.06;
  if (low === high) return [0, 1];
  return [low < 0 ? low - air : 0, high > 0 && high !== atLeast ? high + air : high];
}

/** Indexes of values whose neighbours are both gaps: a line through them would not be seen. */
export function lonelyPoints(values: ArrayLike<number | null | undefined>): number[] {
  const lonely: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (isGap(values[i]) || !isGap(values[i - 1]) || !isGap(values[i + 1])) continue;
    lonely.push(i);
  }
  return lonely;
}

function isGap(value: number | null | undefined): boolean {
  return value === null || value === undefined;
}

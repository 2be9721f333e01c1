import type { Hue } from './hue.ts';

/** One line of a chart; its values stand on the times of its frame. */
export interface Line {
  readonly key: string;
  readonly label: string;
  readonly hue: Hue;
  readonly dash: readonly number[];
  /** Adds to the stack below it. */
  readonly stacked: boolean;
  /** The area to zero is tinted. */
  readonly filled: boolean;
  /** What is only the rest of the whole is tinted less. */
  readonly faint: boolean;
  /** Values were turned below zero to be drawn; people read them without the sign. */
  readonly below: boolean;
  readonly values: readonly (number | null)[];
}

export interface Summary {
  readonly min: number | null;
  readonly max: number | null;
  readonly last: number | null;
}

/** The value as people read it. */
export function readValue(line: Line, index: number): number | null {
  const value = line.values[index] ?? null;
  return value !== null && line.below ? -value : value;
}

/** Smallest, largest and newest value; gaps are passed over. */
export function summarise(line: Line): Summary {
  let min: number | null = null;
  let max: number | null = null;
  let last: number | null = null;
  for (let i = 0; i < line.values.length; i++) {
    const value = readValue(line, i);
    if (value === null) continue;
    if (min === null || value < min) min = value;
    if (max === null || value > max) max = value;
    last = value;
  }
  return { min, max, last };
}

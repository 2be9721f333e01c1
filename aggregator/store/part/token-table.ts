import { slotsOf } from './range-coder.ts';
import { onlyToken } from './token-class.ts';
import { TOKENS } from './tokens.ts';

/** What it takes to read tokens of one class. */
export interface TokenTable {
  /** The only token there is, which then takes no bits. */
  readonly only: number | undefined;
  readonly largest: number;
  readonly slots: Int32Array;
}

export function tokenTable(frequencies: Uint16Array): TokenTable {
  let largest = TOKENS - 1;
  while (frequencies[largest] === 0) largest--;
  return { only: onlyToken(frequencies), largest, slots: slotsOf(frequencies) };
}

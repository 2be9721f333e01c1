import type { Text } from './text.ts';
import { EQUALS } from './text.ts';

/** The seconds of `total=<microseconds>` in the rest of a line of a pressure file. */
export function pressureSeconds(text: Text): number {
  for (;;) {
    const key = text.before(EQUALS);
    if (key === '') return Number.NaN;
    if (key === 'total') return text.number() / 1e6;
    text.skipWords(1);
  }
}

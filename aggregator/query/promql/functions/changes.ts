import { countChanges, countResets } from './native-over-time.ts';
import { eachWindow } from './range-function.ts';

/** How often the value changed in a range; NaN after NaN is no change. */
export const changes = eachWindow(
  1,
  (values, lo, hi) => {
    let count = 0;
    for (let i = lo + 1; i < hi; i++) {
      const value = values[i] as number;
      const before = values[i - 1] as number;
      if (value !== before && !(Number.isNaN(value) && Number.isNaN(before))) count++;
    }
    return count;
  },
  countChanges,
);

/** How often the value fell in a range. */
export const resets = eachWindow(
  1,
  (values, lo, hi) => {
    let count = 0;
    for (let i = lo + 1; i < hi; i++) if ((values[i] as number) < (values[i - 1] as number)) count++;
    return count;
  },
  countResets,
);

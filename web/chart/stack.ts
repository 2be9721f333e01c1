import type { Line } from './line.ts';

type Column = (number | null)[];

/**
 * The columns as they are drawn: each stacked line on the sum of the stacked ones before it. A gap in one
 * line counts as nothing as long as another has a value there; where none has, there is a gap.
 */
export function stackColumns(lines: readonly Line[]): Column[] {
  let below: readonly (number | null)[] = [];
  return lines.map((line) => {
    if (!line.stacked) return [...line.values];
    const base = below;
    const column = line.values.map((value, i) => {
      const under = base[i] ?? null;
      return value === null ? under : value + (under ?? 0);
    });
    below = column;
    return column;
  });
}

/** The colours of lines, by name; their values for light and dark stand in style/tokens.css. */
export const HUES = [
  'blue',
  'amber',
  'teal',
  'violet',
  'rose',
  'green',
  'orange',
  'cyan',
  'pink',
  'slate',
] as const;

export type Hue = (typeof HUES)[number];

/** Dashes of the second, third, ... round through the hues: a line is never told by its colour alone. */
const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 3], [8, 3, 2, 3]];

/** How the nth line of a chart looks. */
export function inkOf(index: number): { hue: Hue; dash: readonly number[] } {
  const hue = HUES[index % HUES.length] as Hue;
  return { hue, dash: DASHES[Math.floor(index / HUES.length) % DASHES.length] as readonly number[] };
}

import { Fault } from '../../lib/fault.ts';

/** Durations as PromQL writes them (`15m`, `1h30m`, `2w`), in whole seconds. */
const UNITS: readonly (readonly [string, number])[] = [
  ['w', 604_800],
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
];

/** Seconds of a duration; Fault `bad_duration` when the text is none or is zero. */
export function parseDuration(text: string): number {
  let seconds = 0;
  const rest = text.replaceAll(/(\d{1,9})([smhdw])/g, (_, count: string, name: string) => {
    seconds += Number(count) * (UNITS.find(([unit]) => unit === name)?.[1] ?? 0);
    return '';
  });
  if (rest !== '' || seconds <= 0) {
    throw new Fault('bad_duration', `"${text}" is no duration; write it like 15m, 1h30m or 2w`);
  }
  return seconds;
}

/** The shortest text that `parseDuration` reads back to the same seconds. */
export function printDuration(seconds: number): string {
  const single = UNITS.find(([, size]) => seconds % size === 0 && seconds / size >= 1);
  if (single && (single[0] !== 's' || seconds < 120)) return `${seconds / single[1]}${single[0]}`;
  let rest = seconds;
  let text = '';
  for (const [name, size] of UNITS) {
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${name}`;
    rest -= count * size;
  }
  return text;
}

import { BrailleCanvas } from './braille-canvas.ts';
import { nameOf, numberOf, pointsOf, type QueryData, type Series } from './answer.ts';
import { shortNumber } from './short-number.ts';

export interface ChartForm {
  /** Characters of a line. */
  readonly width: number;
  /** Series are told apart by colours; else by letters. */
  readonly colours: boolean;
  readonly stepSeconds: number;
}

const ROWS = 16;
const MIN_COLUMNS = 20;
/** More can't be told apart. */
const MOST_SERIES = 8;
/** ANSI's foreground colours but black and white. */
const COLOURS = [32, 33, 36, 35, 34, 31, 92, 96];
const LETTERS = 'ABCDEFGH';

interface Line {
  readonly name: string;
  readonly points: readonly (readonly [seconds: number, value: number])[];
}

/** Draws a range as lines over time in UTC. What is no finite number is left out, and a gap stays one. */
export function drawChart(data: QueryData, { width, colours, stepSeconds }: ChartForm): string {
  const series = data.resultType === 'matrix' ? data.result : [];
  const all = series.map(lineOf).filter(({ points }) => points.length > 0);
  if (all.length === 0) return series.length === 0 ? 'no series\n' : 'no numbers that can be drawn\n';
  const drawn = all.slice(0, MOST_SERIES);
  const paint = (text: string, owner: number): string => {
    if (colours) return `\u001B[${COLOURS[owner]}m${text}\u001B[39m`;
    return drawn.length > 1 ? (LETTERS[owner] as string) : text;
  };
  const legend = drawn.map(
    ({ name, points }, i) =>
      `${paint(colours ? '●' : '⠶', i)} ${name}  ${shortNumber((points.at(-1) as readonly [number, number])[1])}`,
  );
  const more = all.length - drawn.length;
  if (more > 0)
    legend.push(`and ${more} more series that are not drawn: ask for fewer, e.g. with topk(8, ...)`);
  return `${[...plot(drawn, width, stepSeconds, paint), ...legend].join('\n')}\n`;
}

function lineOf(series: Series): Line {
  const points = pointsOf(series)
    .map(([seconds, text]) => [seconds, numberOf(text)] as const)
    .filter(([, value]) => Number.isFinite(value));
  return { name: nameOf(series.metric), points };
}

function plot(
  lines: readonly Line[],
  width: number,
  stepSeconds: number,
  paint: (text: string, owner: number) => string,
): string[] {
  const values = extent(lines.flatMap(({ points }) => points.map(([, value]) => value)));
  const times = extent(lines.flatMap(({ points }) => points.map(([seconds]) => seconds)));
  const marks = new Map([
    [0, shortNumber(values.most)],
    [ROWS / 2, shortNumber((values.least + values.most) / 2)],
    [ROWS - 1, shortNumber(values.least)],
  ]);
  const margin = Math.max(...Array.from(marks.values(), ({ length }) => length));
  const columns = Math.max(MIN_COLUMNS, width - margin - 2);
  const canvas = new BrailleCanvas(columns, ROWS);
  const placeOf = (value: number, { least, most }: Extent, size: number): number =>
    most === least ? Math.floor(size / 2) : Math.round(((value - least) / (most - least)) * (size - 1));
  for (const [owner, { points }] of lines.entries()) {
    let last: { seconds: number; x: number; y: number } | undefined;
    for (const [seconds, value] of points) {
      const x = placeOf(seconds, times, canvas.width);
      const y = placeOf(value, values, canvas.height);
      // A point that is missing is a gap.
      if (last !== undefined && seconds - last.seconds < 1.5 * stepSeconds)
        canvas.line(last.x, last.y, x, y, owner);
      else canvas.dot(x, y, owner);
      last = { seconds, x, y };
    }
  }
  const rows = canvas
    .rows(paint)
    .map((row, i) => `${(marks.get(i) ?? '').padStart(margin)} ${marks.has(i) ? '┤' : '│'}${row}`.trimEnd());
  const [from, to] = [times.least, times.most].map(timeText) as [string, string];
  const between = ' '.repeat(Math.max(1, columns - from.length - to.length));
  return [
    ...rows,
    `${' '.repeat(margin)} └${'─'.repeat(columns)}`,
    `${' '.repeat(margin + 2)}${from}${between}${to}`,
  ];
}

interface Extent {
  readonly least: number;
  readonly most: number;
}

function extent(numbers: readonly number[]): Extent {
  let [least, most] = [Infinity, -Infinity];
  for (const number of numbers) {
    if (number < least) least = number;
    if (number > most) most = number;
  }
  return { least, most };
}

function timeText(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

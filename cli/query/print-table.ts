import { nameOf, numberOf, pointsOf, type QueryData, type Series } from './answer.ts';
import { shortNumber } from './short-number.ts';

/**
 * A result for people: of an instant a line a series with its value; of a range, or of a moment's samples, a line a
 * series with what its points come to.
 */
export function printTable(data: QueryData): string {
  if (data.resultType === 'scalar' || data.resultType === 'string') return `${data.result[1]}\n`;
  if (data.result.length === 0) return 'no series\n';
  return data.resultType === 'vector' ? vectorTable(data.result) : matrixTable(data.result);
}

function vectorTable(series: readonly Series[]): string {
  return table(
    ['SERIES', 'VALUE'],
    series.map((one) => [nameOf(one.metric), pointsOf(one)[0]?.[1] ?? '']),
  );
}

function matrixTable(series: readonly Series[]): string {
  return table(
    ['SERIES', 'POINTS', 'FIRST', 'LAST', 'MIN', 'AVG', 'MAX'],
    series.map((one) => {
      const points = pointsOf(one);
      const numbers = points.map(([, text]) => numberOf(text)).filter((value) => !Number.isNaN(value));
      const sum = numbers.reduce((total, value) => total + value, 0);
      const figures = [Math.min(...numbers), sum / numbers.length, Math.max(...numbers)];
      return [
        nameOf(one.metric),
        String(points.length),
        points[0]?.[1] ?? '',
        points.at(-1)?.[1] ?? '',
        ...figures.map((figure) => (numbers.length === 0 ? '' : shortNumber(figure))),
      ];
    }),
  );
}

/** The first column stands left, the others right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) =>
    all.reduce((most, row) => Math.max(most, (row[column] ?? '').length), 0),
  );
  return all
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  '),
    )
    .map((line) => `${line}\n`)
    .join('');
}

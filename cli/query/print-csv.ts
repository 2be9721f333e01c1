import { pointsOf, type QueryData } from './answer.ts';

/** A line a point by RFC 4180, its time in RFC 3339 and the labels in columns; an absent label is empty. */
export function printCsv(data: QueryData): string {
  if (data.resultType === 'scalar' || data.resultType === 'string') {
    const [seconds, value] = data.result;
    return lines([
      ['time', 'value'],
      [timeOf(seconds), value],
    ]);
  }
  const names = [...new Set(data.result.flatMap(({ metric }) => Object.keys(metric)))].sort();
  const rows = data.result.flatMap((series) => {
    const labels = names.map((name) => series.metric[name] ?? '');
    return pointsOf(series).map(([seconds, value]) => [timeOf(seconds), ...labels, value]);
  });
  return lines([['time', ...names, 'value'], ...rows]);
}

function timeOf(seconds: number): string {
  return new Date(Math.round(seconds * 1000)).toISOString();
}

function lines(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

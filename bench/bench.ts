/**
 * What all benches share: a figure of ours stands beside the peer's of the same run, because these machines
 * are noisy and only the ratio can be compared from run to run.
 *
 * A bench prints a table for people, and as its last line `FIGURES {...}`: JSON with stable keys for programs.
 */

export interface Figure {
  /** Stable, in snake case with its unit: `tick_cpu_ms`. The peer's has `peer_` before it. */
  readonly key: string;
  readonly what: string;
  readonly unit: string;
  readonly ours: number;
  readonly peer?: number;
  /** What `ours` is not to exceed. */
  readonly atMost?: number;
}

export interface Bench {
  readonly title: string;
  /** The peer with its version, as the head of its column. */
  readonly peer: string;
  readonly figures: readonly Figure[];
}

/** The report of a bench as it is printed: the table, then the line of figures. */
export function reportOf({ title, peer, figures }: Bench): string {
  const rows = figures.map((figure) => [
    `${figure.what}, ${figure.unit}`,
    format(figure.ours),
    figure.peer === undefined ? '' : format(figure.peer),
    figure.peer === undefined ? '' : format(figure.ours / figure.peer),
    goalOf(figure),
  ]);
  const table = aligned([['', 'binnacle', peer, 'ratio', 'goal'], ...rows]);
  return `${title}\n\n${table}\n\nFIGURES ${JSON.stringify(byKey(figures))}`;
}

function goalOf({ ours, atMost }: Figure): string {
  if (atMost === undefined) return '';
  return `<= ${format(atMost)} ${ours <= atMost ? 'reached' : 'MISSED'}`;
}

function byKey(figures: readonly Figure[]): Record<string, number> {
  const pairs: [string, number][] = [];
  for (const { key, ours, peer } of figures) {
    pairs.push([key, rounded(ours)]);
    if (peer !== undefined) pairs.push([`peer_${key}`, rounded(peer)]);
  }
  if (new Set(pairs.map(([key]) => key)).size < pairs.length)
    throw new Error('BUG: a key of figures is there twice');
  return Object.fromEntries(pairs);
}

/** Columns of text; the first to the left, the others to the right. */
export function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Six figures that count are more than such a machine can repeat. */
function rounded(value: number): number {
  return Number(value.toPrecision(6));
}

function format(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

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
  /** The figures of several peers, in the order of the bench's `peers`; instead of `peer`. */
  readonly peers?: readonly (number | undefined)[];
  /** What `ours` is not to exceed. */
  readonly atMost?: number;
  /** What `ours` is to reach. */
  readonly atLeast?: number;
}

export interface Bench {
  readonly title: string;
  /** The peer with its version, as the head of its column. */
  readonly peer?: string;
  /** Several of them, each with what its keys begin with; instead of `peer`. */
  readonly peers?: readonly { readonly name: string; readonly key: string }[];
  readonly figures: readonly Figure[];
}

/** The report of a bench as it is printed: the table, then the line of figures. */
export function reportOf({
  title,
  peer = '',
  peers = [{ name: peer, key: 'peer' }],
  figures,
}: Bench): string {
  const head = ['', 'binnacle', ...peers.flatMap(({ name }) => [name, 'ratio']), 'goal'];
  const rows = figures.map((figure) => [
    `${figure.what}, ${figure.unit}`,
    format(figure.ours),
    ...peers.flatMap((_, i) => {
      const theirs = peerFigures(figure)[i];
      return theirs === undefined
        ? ['', '']
        : [format(theirs), theirs === 0 ? '' : format(figure.ours / theirs)];
    }),
    goalOf(figure),
  ]);
  const keys = peers.map(({ key }) => key);
  return `${title}\n\n${aligned([head, ...rows])}\n\nFIGURES ${JSON.stringify(byKey(figures, keys))}`;
}

function peerFigures({ peer, peers = [peer] }: Figure): readonly (number | undefined)[] {
  return peers;
}

function goalOf({ ours, atMost, atLeast }: Figure): string {
  if (atMost !== undefined) return `<= ${format(atMost)} ${ours <= atMost ? 'reached' : 'MISSED'}`;
  if (atLeast !== undefined) return `>= ${format(atLeast)} ${ours >= atLeast ? 'reached' : 'MISSED'}`;
  return '';
}

function byKey(figures: readonly Figure[], peerKeys: readonly string[]): Record<string, number> {
  const pairs: [string, number][] = [];
  for (const figure of figures) {
    pairs.push([figure.key, rounded(figure.ours)]);
    for (const [i, theirs] of peerFigures(figure).entries()) {
      if (theirs !== undefined) pairs.push([`${peerKeys[i]}_${figure.key}`, rounded(theirs)]);
    }
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

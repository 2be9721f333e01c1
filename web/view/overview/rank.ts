import type { LabelRecord, QueryResult } from '../../api/answer.ts';
import type { Unit } from '../../format/unit.ts';

/** A table as data: who is ranked, and by which figures. */
export interface Ranking {
  readonly id: string;
  readonly title: string;
  /** What a row is, in the plural. */
  readonly noun: string;
  readonly columns: readonly RankColumn[];
  /** Labels that together tell one row from another. */
  readonly identity: readonly string[];
  /** The name of a row and what is said beside it. */
  readonly name: (labels: LabelRecord) => { readonly name: string; readonly detail: string };
}

export interface RankColumn {
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  /** PromQL with `$host` and `$window`. */
  readonly expression: string;
}

export interface RankRow {
  readonly key: string;
  readonly labels: LabelRecord;
  /** In the order of the columns; null where there is none. */
  readonly values: readonly (number | null)[];
}

/** The first column that has any values: not every kernel counts everything. */
export function firstAnswered(answers: readonly QueryResult[]): number {
  return Math.max(
    0,
    answers.findIndex((answer) => answer.series.length > 0),
  );
}

/** Joins the answers of a ranking's columns into rows, the largest of one column first. */
export function rankRows(ranking: Ranking, answers: readonly QueryResult[], sortedBy: number): RankRow[] {
  const rows = new Map<string, { labels: LabelRecord; values: (number | null)[] }>();
  answers.forEach((answer, column) => {
    for (const { labels, points } of answer.series) {
      const key = JSON.stringify(ranking.identity.map((label) => labels[label] ?? ''));
      const row = rows.get(key) ?? { labels, values: ranking.columns.map(() => null) };
      const value = points[0]?.[1];
      row.values[column] = value !== undefined && Number.isFinite(value) ? value : null;
      rows.set(key, row);
    }
  });
  const ranked = [...rows].map(([key, row]) => ({ key, ...row }));
  return ranked.sort(
    (a, b) => (b.values[sortedBy] ?? -1) - (a.values[sortedBy] ?? -1) || (a.key < b.key ? -1 : 1),
  );
}

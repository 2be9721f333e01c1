import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';

import { formatValue } from '../../format/unit.ts';
import { expand } from '../../panel/panel.ts';
import { PanelNote } from '../../panel/panel-note.tsx';
import { useInstantFeed } from '../../series/use-feed.ts';
import { useVisible } from '../../shell/use-visible.ts';
import { firstAnswered, rankRows } from './rank.ts';
import type { RankColumn, RankRow, Ranking } from './rank.ts';

/** Enough to find the culprit; the rest is counted. */
const SHOWN_ROWS = 12;
const WINDOW_SECONDS = 30;

/** The largest consumers of a host; a click on a column ranks by it. */
export function RankTable({ ranking, host }: { ranking: Ranking; host: string }): JSX.Element {
  const [element, visible] = useVisible<HTMLElement>();
  const chosen = useSignal<number | null>(null);
  const scope = { host, rateWindowSeconds: WINDOW_SECONDS };
  const feed = useInstantFeed(
    ranking.columns.map((column) => expand(column.expression, scope)),
    visible,
  );
  const instant = feed.instant.value;
  const answers = instant?.results ?? [];
  const sortedBy = chosen.value ?? firstAnswered(answers);
  const rows = rankRows(ranking, answers, sortedBy);
  const largest = Math.max(0, ...rows.map((row) => row.values[sortedBy] ?? 0));
  return (
    <section ref={element} class="panel rank" aria-label={ranking.title}>
      <div class="panel-head">
        <h2>{ranking.title}</h2>
        {rows.length > SHOWN_ROWS && (
          <p class="panel-help">
            {SHOWN_ROWS} of {rows.length} {ranking.noun}
          </p>
        )}
      </div>
      <div class="rank-scroll" tabIndex={0} role="region" aria-label={`${ranking.title}, table`}>
        <table>
          <thead>
            <tr>
              <th scope="col">Name</th>
              {ranking.columns.map((column, i) => (
                <SortHeader
                  key={column.id}
                  column={column}
                  sorted={sortedBy === i}
                  onSort={() => (chosen.value = i)}
                />
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, SHOWN_ROWS).map((row) => (
              <RankLine
                key={row.key}
                ranking={ranking}
                row={row}
                share={(row.values[sortedBy] ?? 0) / (largest || 1)}
              />
            ))}
          </tbody>
        </table>
        <PanelNote fault={feed.fault.value} loading={instant === null} empty={rows.length === 0} />
      </div>
    </section>
  );
}

function SortHeader({
  column,
  sorted,
  onSort,
}: {
  column: RankColumn;
  sorted: boolean;
  onSort: () => void;
}): JSX.Element {
  return (
    <th scope="col" class="number" aria-sort={sorted ? 'descending' : 'none'}>
      <button type="button" onClick={onSort}>
        {column.title}
        <span aria-hidden="true">{sorted ? ' ▾' : ''}</span>
      </button>
    </th>
  );
}

function RankLine({ ranking, row, share }: { ranking: Ranking; row: RankRow; share: number }): JSX.Element {
  const { name, detail } = ranking.name(row.labels);
  return (
    <tr>
      <th scope="row" title={row.labels['id']}>
        <span class="rank-bar" style={{ transform: `scaleX(${share.toFixed(3)})` }} aria-hidden="true" />
        <span class="rank-name">{name}</span> <span class="rank-detail">{detail}</span>
      </th>
      {ranking.columns.map((column, i) => (
        <td key={column.id} class="number">
          {formatValue(row.values[i], column.unit)}
        </td>
      ))}
    </tr>
  );
}

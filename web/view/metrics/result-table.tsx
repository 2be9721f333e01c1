import type { JSX } from 'preact';

import type { ResultSeries } from '../../api/answer.ts';
import { formatValue } from '../../format/unit.ts';
import { PanelNote } from '../../panel/panel-note.tsx';
import { useInstantFeed } from '../../series/use-feed.ts';
import { usePage } from '../../state/page.ts';
import { seriesName, unitOf } from './result-lines.ts';

const MAX_ROWS = 500;

/** The values of a query at the end of the range; a range vector shows its newest sample and their number. */
export function ResultTable({ query }: { query: string }): JSX.Element {
  const page = usePage();
  const feed = useInstantFeed([query], true);
  const instant = feed.instant.value;
  const result = instant?.results[0];
  const rows = result?.series ?? [];
  return (
    <section class="panel result-table" aria-label="Table of the query">
      <p class="series-count">
        {rows.length.toLocaleString('en')} {rows.length === 1 ? 'row' : 'rows'}
        {instant && ` at ${page.times.moment(instant.atSeconds)}`}
        {rows.length > MAX_ROWS && (
          <strong>
            {' '}
            · {(rows.length - MAX_ROWS).toLocaleString('en')} more are not shown; narrow the query
          </strong>
        )}
        {result?.warnings.map((warning) => (
          <span key={warning} class="warning">
            {' '}
            · {warning}
          </span>
        ))}
      </p>
      <div class="legend-table" tabIndex={0} role="region" aria-label="Rows">
        <table>
          <thead>
            <tr>
              <th scope="col">Series</th>
              {result?.type === 'matrix' && (
                <th scope="col" class="number">
                  Samples
                </th>
              )}
              <th scope="col" class="number">
                Value
              </th>
              <th scope="col" class="number">
                Exact
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, MAX_ROWS).map((series) => (
              <Row
                key={JSON.stringify(series.labels)}
                series={series}
                query={query}
                counted={result?.type === 'matrix'}
              />
            ))}
          </tbody>
        </table>
        <PanelNote fault={feed.fault.value} loading={instant === null} empty={rows.length === 0} />
      </div>
    </section>
  );
}

function Row({
  series,
  query,
  counted,
}: {
  series: ResultSeries;
  query: string;
  counted: boolean;
}): JSX.Element {
  const value = series.points.at(-1)?.[1] ?? null;
  return (
    <tr>
      <th scope="row">
        <code>{seriesName(series.labels, query)}</code>
      </th>
      {counted && <td class="number">{series.points.length}</td>}
      <td class="number">{formatValue(value, unitOf(query))}</td>
      <td class="number exact">{value === null ? '–' : String(value)}</td>
    </tr>
  );
}

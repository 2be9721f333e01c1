import type { JSX } from 'preact';

import { HOST_PANELS } from '../../panel/host-panels.ts';
import { expand } from '../../panel/panel.ts';
import { useWide } from '../../shell/use-wide.ts';
import { ViewLink } from '../../shell/view-link.tsx';
import { usePage } from '../../state/page.ts';
import { rateWindowSeconds } from '../../time/range.ts';
import { QueryBox } from './query-box.tsx';
import { ResultChart } from './result-chart.tsx';
import { ResultTable } from './result-table.tsx';

const SHOWS = [
  { id: 'chart', title: 'Chart' },
  { id: 'table', title: 'Table' },
] as const;

/** From here on both have room. */
const SIDE_BY_SIDE_PX = 1600;

/** PromQL with chart and table. Each run is an entry of the browser's history, so back goes to the query before. */
export function Metrics(): JSX.Element {
  const page = usePage();
  const { params } = page.address;
  const query = params.value.get('q') ?? '';
  const show = params.value.get('show') === 'table' ? 'table' : 'chart';
  const wide = useWide(SIDE_BY_SIDE_PX);
  const run = (next: string): void => {
    if (next === query) page.reload();
    else page.address.go({ q: next === '' ? null : next });
  };
  return (
    <div class="metrics">
      <h1 class="unseen">Metrics</h1>
      <QueryBox query={query} onRun={run} />
      {query === '' ? (
        <Examples />
      ) : (
        <>
          <div class="segments" role="group" aria-label="Show as" hidden={wide}>
            {SHOWS.map(({ id, title }) => (
              <button
                key={id}
                type="button"
                aria-pressed={id === show}
                onClick={() => page.address.go({ show: id === 'chart' ? null : id }, 'replace')}
              >
                {title}
              </button>
            ))}
          </div>
          <div class="results">
            {(wide || show === 'chart') && <ResultChart key={`chart ${query}`} query={query} />}
            {(wide || show === 'table') && <ResultTable key={`table ${query}`} query={query} />}
          </div>
        </>
      )}
    </div>
  );
}

/** Where there is no query yet: those of the overview, to begin with. */
function Examples(): JSX.Element {
  const page = usePage();
  const host = page.host.value;
  const rateWindow = rateWindowSeconds(page.window.value.stepSeconds);
  return (
    <section class="examples">
      <h2>Begin with one of these, or press / and write</h2>
      <ul>
        {HOST_PANELS.map(({ id, title, queries }) => {
          const expression = expand(queries[0]?.expression ?? '', {
            host: host ?? '',
            rateWindowSeconds: rateWindow,
          });
          return (
            <li key={id}>
              <ViewLink to={{ view: 'metrics', q: expression }}>
                <span>{title}</span>
                <code>{expression}</code>
              </ViewLink>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

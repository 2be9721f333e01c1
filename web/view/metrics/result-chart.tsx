import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';

import { Chart } from '../../chart/chart.tsx';
import { LegendTable } from '../../chart/legend-table.tsx';
import { PanelNote } from '../../panel/panel-note.tsx';
import { useRangeFeed } from '../../series/use-feed.ts';
import { usePage } from '../../state/page.ts';
import { resultLines, unitOf } from './result-lines.ts';

const NO_TIMES: readonly number[] = [];

/** The series of a query over the range, with a table of their smallest, largest and newest values. */
export function ResultChart({ query }: { query: string }): JSX.Element {
  const window = usePage().window.value;
  const feed = useRangeFeed([query], true);
  const frame = feed.frame.value;
  const cursor = useSignal<number | null>(null);
  const highlighted = useSignal<string | null>(null);
  const hidden = useSignal<ReadonlySet<string>>(new Set<string>());
  const lines = useMemo(() => (frame ? resultLines(frame, query) : []), [frame]);
  const drawn = useMemo(() => lines.filter((line) => !hidden.value.has(line.key)), [lines, hidden.value]);
  const unit = unitOf(query);
  return (
    <figure class="panel result-chart" aria-label="Chart of the query">
      <div class="panel-body">
        <Chart
          label={`Chart of ${query}`}
          unit={unit}
          times={frame?.times ?? NO_TIMES}
          lines={drawn}
          window={window}
          cursor={cursor}
          highlighted={highlighted}
        />
        <PanelNote fault={feed.fault.value} loading={frame === null} empty={lines.length === 0} />
      </div>
      <SeriesCount drawn={lines.length} leftOut={frame?.leftOut ?? 0} stepSeconds={window.stepSeconds} />
      <LegendTable lines={lines} unit={unit} cursor={cursor} highlighted={highlighted} hidden={hidden} />
    </figure>
  );
}

function SeriesCount({
  drawn,
  leftOut,
  stepSeconds,
}: {
  drawn: number;
  leftOut: number;
  stepSeconds: number;
}): JSX.Element {
  return (
    <p class="series-count">
      {drawn.toLocaleString('en')} series, a point every {stepSeconds} s
      {leftOut > 0 && (
        <strong>
          {' '}
          · {leftOut.toLocaleString('en')} more are not drawn; narrow the query, or aggregate with sum by or
          topk
        </strong>
      )}
    </p>
  );
}

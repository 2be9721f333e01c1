import { useSignal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';

import { Chart } from '../../chart/chart.tsx';
import { LEVELS, LEVEL_LOOKS } from '../../log/level.ts';
import type { LogHistogram } from '../../api/log-answer.ts';
import { LevelMark } from './level-mark.tsx';
import { countOf, levelLines } from './level-lines.ts';
import type { Bars } from './use-logs.ts';

const NO_TIMES: readonly number[] = [];

/** Hits over time in bars stacked by level; a drag zooms. */
export function Histogram({ bars }: { bars: Bars }): JSX.Element {
  const { window, histogram } = bars;
  const cursor = useSignal<number | null>(null);
  const highlighted = useSignal<string | null>(null);
  const lines = useMemo(() => (histogram ? levelLines(histogram) : []), [histogram]);
  return (
    <figure class="panel log-histogram" aria-label="Lines over time">
      <div class="panel-body">
        <Chart
          label="Lines over time by level"
          unit="number"
          times={histogram?.times ?? NO_TIMES}
          lines={lines}
          window={window}
          bars
          cursor={cursor}
          highlighted={highlighted}
        />
        {histogram && lines.length === 0 && <p class="panel-note">No lines in this range</p>}
      </div>
      {histogram && <Levels histogram={histogram} cursor={cursor} />}
    </figure>
  );
}

/** The lines of each level: in the bar under the cursor, else in the whole range. */
function Levels({
  histogram,
  cursor,
}: {
  histogram: LogHistogram;
  cursor: ReadonlySignal<number | null>;
}): JSX.Element {
  const at = cursor.value;
  return (
    <ul class="level-counts">
      {LEVELS.map((level) => {
        const count = at === null ? countOf(histogram, level) : (histogram.counts[level][at] ?? 0);
        return (
          <li key={level}>
            <LevelMark level={level} />
            <span class="level-word" aria-hidden="true">
              {LEVEL_LOOKS[level].word}
            </span>
            <span class="level-count">{count.toLocaleString('en')}</span>
          </li>
        );
      })}
    </ul>
  );
}

import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';

import type { ActiveAlert } from '../../alert/alert.ts';
import { thresholdOf } from '../../alert/threshold.ts';
import { Chart } from '../../chart/chart.tsx';
import type { Mark } from '../../chart/plot-options.ts';
import { PanelNote } from '../../panel/panel-note.tsx';
import { useRangeFeed } from '../../series/use-feed.ts';
import { useVisible } from '../../shell/use-visible.ts';
import { usePage } from '../../state/page.ts';
import { unitOf } from '../metrics/result-lines.ts';
import { alertLines } from './alert-lines.ts';

const NO_TIMES: readonly number[] = [];

export interface AlertChartProps {
  readonly alert: ActiveAlert;
  readonly query: string;
  /** When it began to fire; null while it does not, or when nobody knows. */
  readonly firedSeconds: number | null;
}

/** What the rule measures over the range with its limit, and the moments at which it began to hold and to fire. */
export function AlertChart({ alert, query, firedSeconds }: AlertChartProps): JSX.Element {
  const window = usePage().window.value;
  const [element, visible] = useVisible<HTMLElement>();
  const threshold = useMemo(() => thresholdOf(query), [query]);
  const measured = threshold?.measured ?? query;
  const feed = useRangeFeed([measured], visible);
  const frame = feed.frame.value;
  const cursor = useSignal<number | null>(null);
  const highlighted = useSignal<string | null>(null);
  const key = JSON.stringify(alert.labels);
  const lines = useMemo(
    () => (frame ? alertLines(frame, alert, measured, threshold) : []),
    [frame, key, measured, threshold],
  );
  const { sinceSeconds } = alert;
  const marks = useMemo(
    (): Mark[] => [
      { atSeconds: sinceSeconds, hue: 'amber' },
      ...(firedSeconds === null ? [] : [{ atSeconds: firedSeconds, hue: 'rose' as const }]),
    ],
    [sinceSeconds, firedSeconds],
  );
  return (
    <figure ref={element} class="alert-chart" aria-label={`Chart of ${alert.name}`}>
      <div class="panel-body">
        <Chart
          label={`Chart of ${alert.name}`}
          unit={unitOf(measured)}
          times={frame?.times ?? NO_TIMES}
          lines={lines}
          window={window}
          marks={marks}
          cursor={cursor}
          highlighted={highlighted}
        />
        <PanelNote fault={feed.fault.value} loading={frame === null} empty={lines.length === 0} />
      </div>
      <figcaption class="alert-key">
        {threshold && <span class="key-limit">limit {threshold.limit}</span>}
        <span class="key-since">held</span>
        {firedSeconds !== null && <span class="key-fired">fired</span>}
      </figcaption>
    </figure>
  );
}

import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';

import { Chart } from '../chart/chart.tsx';
import { Legend } from '../chart/legend.tsx';
import { useRangeFeed } from '../series/use-feed.ts';
import { useVisible } from '../shell/use-visible.ts';
import { ViewLink } from '../shell/view-link.tsx';
import { usePage } from '../state/page.ts';
import { rateWindowSeconds } from '../time/range.ts';
import { expand } from './panel.ts';
import type { Panel } from './panel.ts';
import { panelLines } from './panel-lines.ts';
import { PanelNote } from './panel-note.tsx';

const NO_TIMES: readonly number[] = [];

/** A panel of the chosen host: title, live chart, legend; it says so when there is nothing to show. */
export function PanelView({ panel, host }: { panel: Panel; host: string }): JSX.Element {
  const page = usePage();
  const [element, visible] = useVisible<HTMLElement>();
  const window = page.window.value;
  const scope = { host, rateWindowSeconds: rateWindowSeconds(window.stepSeconds) };
  const expressions = panel.queries.map((query) => expand(query.expression, scope));
  const feed = useRangeFeed(expressions, visible);
  const frame = feed.frame.value;
  const cursor = useSignal<number | null>(null);
  const highlighted = useSignal<string | null>(null);
  const hidden = useSignal<ReadonlySet<string>>(new Set<string>());
  const lines = useMemo(() => (frame ? panelLines(panel, frame) : []), [panel, frame]);
  const drawn = useMemo(() => lines.filter((line) => !hidden.value.has(line.key)), [lines, hidden.value]);
  return (
    <figure ref={element} class="panel" aria-label={panel.title}>
      <figcaption class="panel-head">
        <h2 title={panel.help}>{panel.title}</h2>
        <p class="panel-help">{panel.help}</p>
        <ViewLink
          class="panel-link"
          to={{ view: 'metrics', q: expressions[0] ?? '' }}
          label={`Query ${panel.title} in Metrics`}
        >
          query
        </ViewLink>
      </figcaption>
      <div class="panel-body">
        <Chart
          label={panel.title}
          unit={panel.unit}
          max={panel.max}
          times={frame?.times ?? NO_TIMES}
          lines={drawn}
          window={window}
          cursor={cursor}
          highlighted={highlighted}
        />
        <PanelNote fault={feed.fault.value} loading={frame === null} empty={lines.length === 0} />
      </div>
      <Legend lines={lines} unit={panel.unit} cursor={cursor} highlighted={highlighted} hidden={hidden} />
    </figure>
  );
}

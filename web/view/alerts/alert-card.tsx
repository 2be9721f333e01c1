import type { JSX } from 'preact';

import { ownLabels } from '../../alert/alert.ts';
import type { ActiveAlert, AlertRule } from '../../alert/alert.ts';
import { formatSeconds, formatValue } from '../../format/unit.ts';
import { ViewLink } from '../../shell/view-link.tsx';
import { usePage } from '../../state/page.ts';
import { unitOf } from '../metrics/result-lines.ts';
import { AlertChart } from './alert-chart.tsx';
import { StateMark } from './state-mark.tsx';

export interface AlertCardProps {
  readonly alert: ActiveAlert;
  readonly rule: AlertRule;
  readonly firedSeconds: number | null;
}

/** One alert: what it says, since when, how high, for whom, and its chart. */
export function AlertCard({ alert, rule, firedSeconds }: AlertCardProps): JSX.Element {
  const { summary, description, ...rest } = alert.annotations;
  const severity = alert.labels['severity'];
  return (
    <article class={`panel alert-card alert-${alert.state}`}>
      <div class="alert-facts">
        <h2>
          <StateMark state={alert.state} />
          {alert.name}
          {severity && <span class="severity">{severity}</span>}
        </h2>
        <AlertTime alert={alert} rule={rule} />
        {summary && <p class="alert-summary">{summary}</p>}
        {description && <p class="alert-description">{description}</p>}
        <dl class="alert-values">
          <div>
            <dt>value</dt>
            <dd>{formatValue(alert.value, unitOf(rule.query))}</dd>
          </div>
          {ownLabels(alert.labels).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
          {Object.entries(rest).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <Annotation value={value} />
              </dd>
            </div>
          ))}
        </dl>
        <Expression query={rule.query} />
      </div>
      <AlertChart alert={alert} query={rule.query} firedSeconds={firedSeconds} />
    </article>
  );
}

function AlertTime({ alert, rule }: Pick<AlertCardProps, 'alert' | 'rule'>): JSX.Element {
  const page = usePage();
  const heldSeconds = Math.max(0, Math.floor(page.now.value - alert.sinceSeconds));
  const leftSeconds = Math.ceil(rule.forSeconds - heldSeconds);
  return (
    <p class="alert-time">
      <strong>{alert.state === 'firing' ? 'Fires' : 'Pending'}</strong>, has held for{' '}
      {formatSeconds(heldSeconds)},{' '}
      <span title={page.times.utc(alert.sinceSeconds)}>since {page.times.moment(alert.sinceSeconds)}</span>
      {alert.state === 'pending' &&
        leftSeconds > 0 &&
        `; fires in ${formatSeconds(leftSeconds)} if it goes on`}
    </p>
  );
}

/** A link only to where browsers may go from here. */
function Annotation({ value }: { value: string }): JSX.Element {
  if (!/^https?:\/\/\S+$/.test(value)) return <>{value}</>;
  return (
    <a href={value} rel="noreferrer" target="_blank">
      {value}
    </a>
  );
}

/** PromQL as a link to its query. */
export function Expression({ query }: { query: string }): JSX.Element {
  return (
    <ViewLink class="expression" to={{ view: 'metrics', q: query.trim() }}>
      <code>{query.trim()}</code>
    </ViewLink>
  );
}

import '../../style/alerts.css';

import type { JSX } from 'preact';

import type { ActiveAlert, AlertRule, Transition } from '../../alert/alert.ts';
import { labelsFrom, labelsKey } from '../../../wire/labels.ts';
import { usePoll } from '../../series/poll.ts';
import type { Polled } from '../../series/poll.ts';
import { usePage } from '../../state/page.ts';
import { AlertCard } from './alert-card.tsx';
import { HistoryTable } from './history-table.tsx';
import { RuleTable } from './rule-table.tsx';
import { StateMark } from './state-mark.tsx';
import { verdictOf } from './verdict.ts';

const MAX_TRANSITIONS = 200;
/** More at once are one outage, and one reads the first. */
const MAX_CARDS = 50;

/** What fires, what is about to, what is watched, and what has changed. */
export function Alerts(): JSX.Element {
  const page = usePage();
  const rules = usePoll((signal) => page.alerts.rules(signal), 'rules');
  const { spanSeconds, endSeconds } = page.range.value;
  const history = usePoll(
    (signal) => page.alerts.history(page.endSeconds.peek() - spanSeconds, MAX_TRANSITIONS, signal),
    `${spanSeconds} ${endSeconds}`,
  );
  if (rules.isAbsent.value) return <NoAlerting />;
  const known = rules.answer.value;
  return (
    <div class="alerts">
      <h1 class="unseen">Alerts</h1>
      {rules.fault.value !== null && (
        <p class="verdict verdict-bad" role="alert">
          <StateMark state="firing" />
          <span>
            <strong>No answer.</strong> {rules.fault.value}
          </span>
        </p>
      )}
      {known && <Overview rules={known} transitions={history.answer.value ?? []} />}
      {known && <History history={history} />}
    </div>
  );
}

function Overview({
  rules,
  transitions,
}: {
  rules: readonly AlertRule[];
  transitions: readonly Transition[];
}): JSX.Element {
  const { level, words } = verdictOf(rules);
  const active = rules
    .flatMap((rule) => rule.alerts.map((alert) => ({ rule, alert })))
    .toSorted(
      (a, b) =>
        Number(b.alert.state === 'firing') - Number(a.alert.state === 'firing') ||
        b.alert.sinceSeconds - a.alert.sinceSeconds,
    );
  const calm = rules.filter((rule) => rule.alerts.length === 0);
  const sorted = calm.toSorted((a, b) => Number(b.lastError !== null) - Number(a.lastError !== null));
  return (
    <>
      <p class={`verdict verdict-${level}`}>
        <StateMark state={level === 'bad' ? 'firing' : level === 'warning' ? 'pending' : 'inactive'} />
        <strong>{words}</strong>
      </p>
      <div class="alert-cards">
        {active.slice(0, MAX_CARDS).map(({ rule, alert }) => (
          <AlertCard
            key={labelsKey(labelsFrom(alert.labels))}
            rule={rule}
            alert={alert}
            firedSeconds={firedSeconds(alert, transitions)}
          />
        ))}
      </div>
      {active.length > MAX_CARDS && (
        <p class="series-count">
          <strong>{(active.length - MAX_CARDS).toLocaleString('en')} more alerts are not shown here</strong>
        </p>
      )}
      {sorted.length > 0 && (
        <section class="panel">
          <h2 class="panel-title">Rules at rest</h2>
          <RuleTable rules={sorted} />
        </section>
      )}
    </>
  );
}

function History({ history }: { history: Polled<readonly Transition[]> }): JSX.Element {
  const page = usePage();
  const end = page.endSeconds.value;
  const transitions = (history.answer.value ?? []).filter(({ atSeconds }) => atSeconds <= end);
  return (
    <section class="panel">
      <h2 class="panel-title">Changes in this range</h2>
      {history.fault.value !== null && <p class="fault">{history.fault.value}</p>}
      {history.isAbsent.value && <p class="series-count">This server keeps no history of alerts.</p>}
      {transitions.length >= MAX_TRANSITIONS && (
        <p class="series-count">
          <strong>The newest {MAX_TRANSITIONS}; a shorter range shows older ones</strong>
        </p>
      )}
      {transitions.length > 0 ? (
        <HistoryTable transitions={transitions} />
      ) : (
        history.answer.value && <p class="series-count">No alert has changed its state in this range.</p>
      )}
    </section>
  );
}

/** The newest change to firing of the same alert since it began to hold. */
function firedSeconds(alert: ActiveAlert, transitions: readonly Transition[]): number | null {
  if (alert.state !== 'firing') return null;
  const key = labelsKey(labelsFrom(alert.labels));
  const fired = transitions.find(
    ({ to, atSeconds, labels }) =>
      to === 'firing' && atSeconds >= alert.sinceSeconds && labelsKey(labelsFrom(labels)) === key,
  );
  return fired?.atSeconds ?? null;
}

function NoAlerting(): JSX.Element {
  return (
    <section class="empty">
      <h1>This server does no alerting</h1>
      <p>
        Rules are evaluated by another process, or not at all: look at the address of that process. Press r to
        look again.
      </p>
    </section>
  );
}

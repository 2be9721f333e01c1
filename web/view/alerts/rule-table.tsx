import type { JSX } from 'preact';

import type { AlertRule } from '../../alert/alert.ts';
import { formatSeconds } from '../../format/unit.ts';
import { usePage } from '../../state/page.ts';
import { Expression } from './alert-card.tsx';
import { StateMark } from './state-mark.tsx';

/** Rules in rows: their state, and whether they can be evaluated. */
export function RuleTable({ rules }: { rules: readonly AlertRule[] }): JSX.Element {
  return (
    <div class="legend-table alert-table" tabIndex={0} role="region" aria-label="Rules">
      <table>
        <thead>
          <tr>
            <th scope="col">Rule</th>
            <th scope="col">State</th>
            <th scope="col" class="number rule-for">
              Holds for
            </th>
            <th scope="col" class="rule-evaluated">
              Evaluated
            </th>
            <th scope="col">Expression</th>
          </tr>
        </thead>
        <tbody>
          {rules.map((rule) => (
            <RuleRow key={`${rule.group}/${rule.name}/${rule.query}`} rule={rule} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function RuleRow({ rule }: { rule: AlertRule }): JSX.Element {
  const { times } = usePage();
  const { evaluatedSeconds, lastError } = rule;
  return (
    <tr>
      <th scope="row">
        <span class="rule-name">{rule.name}</span>
        <span class="rule-group">{rule.group}</span>
      </th>
      <td class="rule-state">
        <StateMark state={lastError === null ? rule.state : 'pending'} />{' '}
        {lastError === null ? rule.state : 'broken'}
      </td>
      <td class="number rule-for">{rule.forSeconds === 0 ? 'at once' : formatSeconds(rule.forSeconds)}</td>
      <td class="rule-time rule-evaluated">
        {evaluatedSeconds === null ? 'not yet' : times.moment(evaluatedSeconds)}
      </td>
      <td class="rule-expression">
        {lastError !== null && <p class="fault">{lastError}</p>}
        <Expression query={rule.query} />
      </td>
    </tr>
  );
}

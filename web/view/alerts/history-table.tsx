import type { JSX } from 'preact';

import { ownLabels } from '../../alert/alert.ts';
import type { Transition } from '../../alert/alert.ts';
import { formatValue } from '../../format/unit.ts';
import { usePage } from '../../state/page.ts';
import { StateMark } from './state-mark.tsx';

/** Changes of state, the newest first. */
export function HistoryTable({ transitions }: { transitions: readonly Transition[] }): JSX.Element {
  return (
    <div class="legend-table alert-table" tabIndex={0} role="region" aria-label="Changes">
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Alert</th>
            <th scope="col">Change</th>
            <th scope="col" class="number">
              Value
            </th>
            <th scope="col">Labels</th>
          </tr>
        </thead>
        <tbody>
          {transitions.map((transition, i) => (
            <HistoryRow key={`${transition.atSeconds} ${i}`} transition={transition} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function HistoryRow({
  transition: { atSeconds, name, labels, from, to, value },
}: {
  transition: Transition;
}): JSX.Element {
  const { times } = usePage();
  return (
    <tr>
      <td class="rule-time" title={times.utc(atSeconds)}>
        {times.moment(atSeconds)}
      </td>
      <th scope="row">
        <span class="rule-name">{name}</span>
      </th>
      <td class="rule-state">
        <span class="rule-group history-from">{from} →</span> <StateMark state={to} /> {to}
      </td>
      <td class="number">{formatValue(value, 'number')}</td>
      <td class="history-labels">
        {ownLabels(labels).map(([name, value]) => (
          <span key={name}>
            <span class="rule-group">{name}</span> {value}
          </span>
        ))}
      </td>
    </tr>
  );
}

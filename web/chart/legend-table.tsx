import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';

import { formatValue } from '../format/unit.ts';
import { LegendValue, Swatch, toggle } from './legend.tsx';
import type { LegendProps } from './legend.tsx';
import { summarise } from './line.ts';
import type { Line } from './line.ts';

/** The legend of a chart with many lines: a row each, with smallest, largest and newest value. */
export function LegendTable({ lines, ...rest }: LegendProps): JSX.Element {
  return (
    <div class="legend-table" tabIndex={0} role="region" aria-label="Series">
      <table>
        <thead>
          <tr>
            <th scope="col">Series</th>
            <th scope="col" class="number">
              Min
            </th>
            <th scope="col" class="number">
              Max
            </th>
            <th scope="col" class="number">
              {rest.cursor.value === null ? 'Last' : 'At cursor'}
            </th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <LegendRow key={line.key} line={line} {...rest} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function LegendRow({
  line,
  unit,
  cursor,
  highlighted,
  hidden,
}: Omit<LegendProps, 'lines'> & { line: Line }): JSX.Element {
  const { min, max } = useMemo(() => summarise(line), [line]);
  const shown = !hidden.value.has(line.key);
  return (
    <tr
      class={shown ? undefined : 'is-hidden'}
      onMouseEnter={() => (highlighted.value = line.key)}
      onMouseLeave={() => (highlighted.value = null)}
    >
      <th scope="row">
        <button type="button" aria-pressed={shown} onClick={() => toggle(hidden, line.key)}>
          <Swatch line={line} />
          <code>{line.label}</code>
        </button>
      </th>
      <td class="number">{formatValue(min, unit)}</td>
      <td class="number">{formatValue(max, unit)}</td>
      <td class="number">
        <LegendValue line={line} unit={unit} cursor={cursor} />
      </td>
    </tr>
  );
}

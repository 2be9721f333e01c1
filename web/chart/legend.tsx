import type { Signal } from '@preact/signals';
import type { JSX } from 'preact';

import { formatValue } from '../format/unit.ts';
import type { Unit } from '../format/unit.ts';
import { readValue, summarise } from './line.ts';
import type { Line } from './line.ts';

export interface LegendProps {
  readonly lines: readonly Line[];
  readonly unit: Unit;
  readonly cursor: Signal<number | null>;
  readonly highlighted: Signal<string | null>;
  /** Keys of the lines that are not drawn; written here. */
  readonly hidden: Signal<ReadonlySet<string>>;
}

/** Names and values in a few dense rows: at the crosshair, else the newest. */
export function Legend({ lines, ...rest }: LegendProps): JSX.Element {
  return (
    <ul class={`legend legend-${rest.unit}`}>
      {lines.map((line) => (
        <li key={line.key}>
          <LegendEntry line={line} {...rest} />
        </li>
      ))}
    </ul>
  );
}

function LegendEntry({
  line,
  unit,
  cursor,
  highlighted,
  hidden,
}: Omit<LegendProps, 'lines'> & { line: Line }): JSX.Element {
  const shown = !hidden.value.has(line.key);
  return (
    <button
      type="button"
      class="legend-entry"
      aria-pressed={shown}
      title={`${line.label}: ${shown ? 'click to hide' : 'click to show'}`}
      onClick={() => toggle(hidden, line.key)}
      onMouseEnter={() => (highlighted.value = line.key)}
      onMouseLeave={() => (highlighted.value = null)}
    >
      <Swatch line={line} />
      <span class="legend-name">{line.label}</span>
      <LegendValue line={line} unit={unit} cursor={cursor} />
    </button>
  );
}

/** On its own, so that a moving crosshair draws these few characters again and nothing else. */
export function LegendValue({
  line,
  unit,
  cursor,
}: Pick<LegendProps, 'unit' | 'cursor'> & { line: Line }): JSX.Element {
  const at = cursor.value;
  return (
    <span class="legend-value">
      {formatValue(at === null ? summarise(line).last : readValue(line, at), unit)}
    </span>
  );
}

/** A block for a layer, an edge above or below a tint for an area, a stroke for a line, broken as the line is. */
export function Swatch({ line }: { line: Line }): JSX.Element {
  return (
    <i
      class={`swatch swatch-${shapeOf(line)}`}
      style={{ color: `var(--hue-${line.hue})` }}
      aria-hidden="true"
    />
  );
}

function shapeOf(line: Line): 'area' | 'above' | 'below' | 'dash' | 'line' {
  if (line.stacked) return 'area';
  if (line.filled) return line.below ? 'below' : 'above';
  return line.dash.length > 0 ? 'dash' : 'line';
}

export function toggle(hidden: Signal<ReadonlySet<string>>, key: string): void {
  const next = new Set(hidden.value);
  if (!next.delete(key)) next.add(key);
  hidden.value = next;
}

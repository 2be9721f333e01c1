import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import { formatValue } from '../format/unit.ts';
import type { Unit } from '../format/unit.ts';
import { usePage } from '../state/page.ts';
import { readValue } from './line.ts';
import type { Line } from './line.ts';

export interface ChartDataProps {
  readonly label: string;
  readonly unit: Unit;
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly onClose: () => void;
}

const ROWS = 25;
/** A wider table is not read; the query view has one by series. */
const MAX_LINES = 20;

/** The numbers of a chart as a table, the newest first, for those who cannot see the lines. */
export function ChartData({ label, unit, times, lines, onClose }: ChartDataProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const sheet = useSignal(0);
  useEffect(() => dialog.current?.showModal(), []);
  const sheets = Math.max(1, Math.ceil(times.length / ROWS));
  const from = Math.min(sheet.value, sheets - 1) * ROWS;
  const shown = times.map((_, i) => times.length - 1 - i).slice(from, from + ROWS);
  const columns = lines.slice(0, MAX_LINES);
  return (
    <dialog ref={dialog} class="help chart-data" aria-label={`Data of ${label}`} onClose={onClose}>
      <h2>{label}</h2>
      {lines.length > MAX_LINES && (
        <p>
          The first {MAX_LINES} of {lines.length} series
        </p>
      )}
      <DataTable unit={unit} times={times} lines={columns} shown={shown} />
      <p class="sheets">
        <button type="button" class="plain" disabled={from === 0} onClick={() => sheet.value--}>
          Later
        </button>
        <span role="status">
          {from / ROWS + 1} of {sheets}
        </span>
        <button
          type="button"
          class="plain"
          disabled={from + ROWS >= times.length}
          onClick={() => sheet.value++}
        >
          Earlier
        </button>
        <button type="button" class="primary" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </p>
    </dialog>
  );
}

interface DataTableProps extends Pick<ChartDataProps, 'unit' | 'times' | 'lines'> {
  /** Indexes of the times that have a row. */
  readonly shown: readonly number[];
}

function DataTable({ unit, times, lines, shown }: DataTableProps): JSX.Element {
  const format = usePage().times;
  return (
    <div class="legend-table" tabIndex={0} role="region" aria-label="Values">
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {lines.map((line) => (
              <th key={line.key} scope="col" class="number">
                {line.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((at) => (
            <tr key={at}>
              <th scope="row">{format.moment(times[at] ?? 0)}</th>
              {lines.map((line) => (
                <td key={line.key} class="number">
                  {formatValue(readValue(line, at), unit)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import { reasonOf } from '../../../lib/fault.ts';
import type { LabelMatch } from '../../log/selector.ts';
import { usePage } from '../../state/page.ts';

/** A longer list is not looked through; the selector can be written by hand. */
const MAX_SHOWN = 200;

/** A button that opens two columns: the labels that streams have, and the values of one of them. */
export function LabelPicker({ onPick }: { onPick: (match: LabelMatch) => void }): JSX.Element {
  const open = useSignal(false);
  const label = useSignal<string | null>(null);
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open.value) return;
    const abort = new AbortController();
    const leave = (event: Event): void => {
      if (!element.current?.contains(event.target as Node)) open.value = false;
    };
    document.addEventListener('pointerdown', leave, { signal: abort.signal });
    document.addEventListener('focusin', leave, { signal: abort.signal });
    return () => abort.abort();
  }, [open, open.value]);
  const close = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || !open.value) return;
    event.preventDefault();
    open.value = false;
    element.current?.querySelector('button')?.focus();
  };
  return (
    <div ref={element} class="label-picker" onKeyDown={close}>
      <button
        type="button"
        class="switch"
        aria-expanded={open}
        title="Choose from the labels that there are"
        onClick={() => (open.value = !open.value)}
      >
        Labels <span aria-hidden="true">▾</span>
      </button>
      {open.value && (
        <div class="label-columns">
          <Column title="Label" of={null} chosen={label.value} onChoose={(name) => (label.value = name)} />
          {label.value !== null && (
            <Column
              key={label.value}
              title={label.value}
              of={label.value}
              chosen={null}
              onChoose={(value) => {
                onPick({ name: label.value ?? '', operator: '=', value });
                open.value = false;
              }}
            />
          )}
        </div>
      )}
    </div>
  );
}

interface ColumnProps {
  readonly title: string;
  /** Values of this label; null for the labels themselves. */
  readonly of: string | null;
  readonly chosen: string | null;
  readonly onChoose: (name: string) => void;
}

function Column({ title, of, chosen, onChoose }: ColumnProps): JSX.Element {
  const page = usePage();
  const names = useSignal<readonly string[] | null>(null);
  const fault = useSignal<string | null>(null);
  const { spanSeconds } = page.range.value;
  useEffect(() => {
    const abort = new AbortController();
    const end = Math.ceil(page.endSeconds.peek());
    const start = end - spanSeconds;
    const asked =
      of === null
        ? page.logs.labels(start, end, abort.signal)
        : page.logs.labelValues(of, start, end, abort.signal);
    asked.then(
      (found) => (names.value = found.toSorted()),
      (thrown: unknown) => {
        if (!abort.signal.aborted) fault.value = reasonOf(thrown);
      },
    );
    return () => abort.abort();
  }, [page, of, spanSeconds]);
  const found = names.value ?? [];
  return (
    <section class="label-column" aria-label={of === null ? 'Labels' : `Values of ${of}`}>
      <h2>{title}</h2>
      {fault.value !== null && <p class="fault">{fault.value}</p>}
      {names.value === null && fault.value === null && <p class="appear-late">Loading…</p>}
      {names.value !== null && found.length === 0 && <p>None in this range</p>}
      <ul>
        {found.slice(0, MAX_SHOWN).map((name) => (
          <li key={name}>
            <button
              type="button"
              aria-pressed={of === null ? name === chosen : undefined}
              onClick={() => onChoose(name)}
            >
              {name}
            </button>
          </li>
        ))}
      </ul>
      {found.length > MAX_SHOWN && (
        <p>{(found.length - MAX_SHOWN).toLocaleString('en')} more: write the selector by hand</p>
      )}
    </section>
  );
}

import type { Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import type { KeyCommand } from '../state/keymap.ts';

/** Keys that belong to the chart that has the focus. */
const CHART_KEYS = [
  { keys: '← →', words: 'on a chart: read the values at each time' },
  { keys: 'Enter', words: 'on a chart: its numbers as a table' },
  { keys: 'drag', words: 'on a chart: zoom in on that span' },
];

/** The list of keys, in the browser's own dialog: it holds the focus and closes with Escape. */
export function Help({
  open,
  commands,
}: {
  open: Signal<boolean>;
  commands: readonly KeyCommand[];
}): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const isOpen = open.value;
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={() => (open.value = false)}>
      <h2 id="help-title">Keys</h2>
      <dl>
        {[...commands, ...CHART_KEYS].map(({ keys, words }) => (
          <div key={keys}>
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key === 'Escape' ? 'Esc' : key}</kbd>
              ))}
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
      <button type="button" class="plain" onClick={() => (open.value = false)}>
        Close
      </button>
    </dialog>
  );
}

import { useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';

import { usePage } from '../../state/page.ts';
import { SEARCH_ID } from '../view.ts';
import { useCompletion } from './use-completion.ts';
import type { Completion } from './use-completion.ts';

const LIST_ID = 'completions';
const MAX_LINES = 8;

/** A text field for PromQL: Enter runs, Shift+Enter begins a new line, Tab takes what is offered. */
export function QueryBox({ query, onRun }: { query: string; onRun: (query: string) => void }): JSX.Element {
  const page = usePage();
  const draft = useSignal(query);
  const field = useRef<HTMLTextAreaElement>(null);
  const completion = useCompletion(field, draft);
  useSignalEffect(() => {
    draft.value = page.address.params.value.get('q') ?? '';
  });
  const run = (): void => {
    completion.close();
    onRun(draft.value.trim());
  };
  const press = (event: KeyboardEvent): void => {
    if (!completion.press(event) && event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      run();
    }
  };
  return (
    <form
      class="query-box"
      onSubmit={(event) => {
        event.preventDefault();
        run();
      }}
    >
      <div class="query-field">
        <textarea
          ref={field}
          id={SEARCH_ID}
          aria-label="PromQL query"
          aria-autocomplete="list"
          aria-controls={LIST_ID}
          aria-activedescendant={activeId(completion)}
          placeholder="PromQL: a metric name, or rate(…[5m])"
          spellcheck={false}
          autocomplete="off"
          autocapitalize="off"
          rows={Math.min(MAX_LINES, draft.value.split('\n').length)}
          value={draft.value}
          onFocus={completion.warm}
          onInput={(event) => {
            draft.value = event.currentTarget.value;
            completion.look();
          }}
          onKeyDown={press}
          onBlur={completion.close}
        />
        <Offers completion={completion} />
      </div>
      <button type="submit" class="primary">
        Run
      </button>
    </form>
  );
}

function Offers({ completion }: { completion: Completion }): JSX.Element {
  const offered = completion.offered.value;
  return (
    <ul id={LIST_ID} class="offers" role="listbox" aria-label="Metric names and functions" hidden={!offered}>
      {offered?.names.map((name, i) => (
        <li
          key={name}
          id={`${LIST_ID}-${i}`}
          role="option"
          aria-selected={i === offered.chosen}
          // Before the field loses the focus.
          onMouseDown={(event) => {
            event.preventDefault();
            completion.take(name);
          }}
        >
          {name}
        </li>
      ))}
    </ul>
  );
}

function activeId(completion: Completion): string | undefined {
  const chosen = completion.offered.value?.chosen ?? null;
  return chosen === null ? undefined : `${LIST_ID}-${chosen}`;
}

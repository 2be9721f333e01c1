import { useSignal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';

import type { LogFilter } from '../../log/filter.ts';
import type { LabelMatch } from '../../log/selector.ts';
import { SEARCH_ID } from '../view.ts';
import { LabelPicker } from './label-picker.tsx';

export interface FilterBarProps {
  readonly filter: LogFilter;
  readonly onSearch: (filter: LogFilter) => void;
  /** Adds a condition on a label. */
  readonly onNarrow: (match: LabelMatch) => void;
}

/** What is looked for: streams by their labels, lines by their text. Enter searches; a switch does so at once. */
export function FilterBar({ filter, onSearch, onNarrow }: FilterBarProps): JSX.Element {
  const draft = useSignal(filter);
  useEffect(() => {
    draft.value = filter;
  }, [draft, filter]);
  const search = (changes: Partial<LogFilter> = {}): void => {
    const { selector, text, ...switches } = draft.value;
    onSearch({ selector: selector.trim(), text, ...switches, ...changes });
  };
  const { isRegex, ignoreCase } = filter;
  return (
    <form
      class="log-filter"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        search();
      }}
    >
      <div class="log-field log-selector">
        <Field draft={draft} part="selector" label="Streams" placeholder={'Streams: all, or {job="files"}'} />
        <LabelPicker onPick={onNarrow} />
      </div>
      <div class="log-field log-text-field">
        <Field
          draft={draft}
          part="text"
          id={SEARCH_ID}
          label="Text in lines"
          placeholder={isRegex ? 'Lines that match (RE2)…' : 'Lines that contain…'}
        />
        <Switch
          words="Regex"
          title="Read the text as a regular expression"
          on={isRegex}
          onClick={() => search({ isRegex: !isRegex })}
        />
        <Switch
          words="Ignore case"
          title="Upper and lower case are the same"
          on={ignoreCase}
          onClick={() => search({ ignoreCase: !ignoreCase })}
        />
      </div>
      <button type="submit" class="primary">
        Search
      </button>
    </form>
  );
}

interface FieldProps {
  readonly draft: Signal<LogFilter>;
  readonly part: 'selector' | 'text';
  readonly id?: string;
  readonly label: string;
  readonly placeholder: string;
}

function Field({ draft, part, id, label, placeholder }: FieldProps): JSX.Element {
  return (
    <input
      type="text"
      id={id}
      aria-label={label}
      placeholder={placeholder}
      spellcheck={false}
      autocomplete="off"
      autocapitalize="off"
      enterkeyhint="search"
      value={draft.value[part]}
      onInput={(event) => (draft.value = { ...draft.value, [part]: event.currentTarget.value })}
    />
  );
}

function Switch({
  words,
  title,
  on,
  onClick,
}: {
  words: string;
  title: string;
  on: boolean;
  onClick: () => void;
}): JSX.Element {
  return (
    <button type="button" class="switch" title={title} aria-pressed={on} onClick={onClick}>
      {words}
    </button>
  );
}

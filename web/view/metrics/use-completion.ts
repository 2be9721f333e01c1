import { useSignal, useSignalEffect } from '@preact/signals';
import type { ReadonlySignal, Signal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useMemo, useRef } from 'preact/hooks';

import { usePage } from '../../state/page.ts';
import { complete, offer, wordAt } from './completion.ts';
import type { Word } from './completion.ts';
import { MetricNames } from './metric-names.ts';

/** What is offered for a word, and which one the arrow keys have reached. */
export interface Offer {
  readonly word: Word;
  readonly names: readonly string[];
  readonly chosen: number | null;
}

export interface Completion {
  readonly offered: ReadonlySignal<Offer | null>;
  /** Fetches the names, so that they are there when somebody writes. */
  warm(this: void): void;
  /** Offers what fits the word at the caret. */
  look(this: void): void;
  /** Puts a name in the place of the word. */
  take(this: void, name: string): void;
  close(this: void): void;
  /** Is the key one of the open list's? Then it is dealt with. */
  press(this: void, event: KeyboardEvent): boolean;
}

/** Completion of a text field whose text is `draft`. */
export function useCompletion(
  field: RefObject<HTMLTextAreaElement | null>,
  draft: Signal<string>,
): Completion {
  const page = usePage();
  const source = useMemo(() => new MetricNames(page.api), [page]);
  const offered = useSignal<Offer | null>(null);
  const writes = useRef(false);
  const close = (): void => {
    writes.current = false;
    offered.value = null;
  };
  const look = (): void => {
    const word = field.current && wordAt(field.current.value, field.current.selectionStart);
    writes.current = word !== null;
    source.want(word?.text ?? '');
    const names = word ? offer(word.text, source.names.peek()) : [];
    offered.value = word && names.length > 0 ? { word, names, chosen: null } : null;
  };
  // Names may come after the letters that they are for.
  useSignalEffect(() => {
    if (source.names.value.length > 0 && writes.current) look();
  });
  const take = (name: string): void => {
    const word = offered.value?.word;
    if (!word || !field.current) return;
    const done = complete(draft.value, word, name);
    close();
    draft.value = done.text;
    field.current.value = done.text;
    field.current.setSelectionRange(done.caret, done.caret);
    field.current.focus();
  };
  return {
    offered,
    close,
    take,
    warm: () => source.want(''),
    look,
    press: (event) => {
      const step = offered.value && stepOf(event, offered.value);
      if (!step) return false;
      event.preventDefault();
      if (typeof step === 'string') take(step);
      else offered.value = step.next;
      return true;
    },
  };
}

/** What a key does to an open list: a name to take, the list as it is next, or nothing. */
function stepOf(event: KeyboardEvent, offer: Offer): string | { next: Offer | null } | null {
  const { names, chosen } = offer;
  const move = (index: number): { next: Offer } => ({
    next: { ...offer, chosen: (index + names.length) % names.length },
  });
  switch (event.key) {
    case 'ArrowDown':
      return move((chosen ?? -1) + 1);
    case 'ArrowUp':
      return move((chosen ?? 0) - 1);
    case 'Escape':
      return { next: null };
    case 'Enter':
      return chosen === null ? null : (names[chosen] ?? null);
    case 'Tab':
      return event.shiftKey ? null : (names[chosen ?? 0] ?? null);
    default:
      return null;
  }
}

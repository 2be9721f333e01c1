import { signal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';

import { Fault, reasonOf } from '../../lib/fault.ts';
import { usePage } from '../state/page.ts';
import { Latest } from './latest.ts';

/** The newest answer to a question that is asked again and again. */
export interface Polled<Answer> {
  /** Null until the first answer; kept while a later one fails. */
  readonly answer: ReadonlySignal<Answer | null>;
  /** Why the last question has no answer. */
  readonly fault: ReadonlySignal<string | null>;
  /** The server has no such part; it is not asked again before everything is loaded anew. */
  readonly isAbsent: ReadonlySignal<boolean>;
}

/** Asks at each tick of the page's clock, and at once when `key` or the generation changes. */
export function usePoll<Answer>(
  ask: (signal: AbortSignal) => Promise<Answer>,
  key: string | number,
): Polled<Answer> {
  const page = usePage();
  const poll = useMemo(() => new Poll<Answer>(), []);
  poll.ask = ask;
  const now = page.now.value;
  const generation = page.generation.value;
  useEffect(() => poll.again(`${generation} ${key}`), [poll, now, generation, key]);
  useEffect(() => () => poll.stop(), [poll]);
  return poll;
}

class Poll<Answer> implements Polled<Answer> {
  readonly answer = signal<Answer | null>(null);
  readonly fault = signal<string | null>(null);
  readonly isAbsent = signal(false);
  readonly #latest = new Latest<null>((_, abort) => this.#answer(abort));
  #key = '';
  ask: ((signal: AbortSignal) => Promise<Answer>) | null = null;

  again(key: string): void {
    const isNew = key !== this.#key;
    this.#key = key;
    if (isNew) this.isAbsent.value = false;
    if (!this.isAbsent.value) this.#latest.ask(null, isNew);
  }

  stop(): void {
    this.#latest.stop();
  }

  async #answer(abort: AbortSignal): Promise<void> {
    try {
      const answer = (await this.ask?.(abort)) ?? null;
      if (abort.aborted) return;
      this.answer.value = answer;
      this.fault.value = null;
    } catch (thrown) {
      if (abort.aborted) return;
      this.isAbsent.value = thrown instanceof Fault && thrown.code === 'absent';
      this.fault.value = this.isAbsent.value ? null : reasonOf(thrown);
    }
  }
}

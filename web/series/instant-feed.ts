import { signal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';

import { reasonOf } from '../../lib/fault.ts';
import type { QueryResult } from '../api/answer.ts';
import type { Api } from '../api/client.ts';
import { Latest } from './latest.ts';

export interface InstantQuestion {
  readonly expressions: readonly string[];
  readonly atSeconds: number;
}

export interface Instant {
  readonly atSeconds: number;
  /** In the order of the expressions. */
  readonly results: readonly QueryResult[];
}

/** The values of some expressions at one moment, for tables and single figures. */
export class InstantFeed {
  readonly #api: Api;
  readonly #latest = new Latest<InstantQuestion>((question, signal) => this.#answer(question, signal));
  readonly #instant = signal<Instant | null>(null);
  readonly #fault = signal<string | null>(null);
  #askedKey = '';

  constructor(api: Api) {
    this.#api = api;
  }

  /** Null until the first answer. */
  get instant(): ReadonlySignal<Instant | null> {
    return this.#instant;
  }

  /** Why the last question has no answer; null when it has. */
  get fault(): ReadonlySignal<string | null> {
    return this.#fault;
  }

  ask(question: InstantQuestion): void {
    const key = JSON.stringify(question.expressions);
    this.#latest.ask(question, key !== this.#askedKey);
    this.#askedKey = key;
  }

  stop(): void {
    this.#latest.stop();
    this.#askedKey = '';
  }

  async #answer({ expressions, atSeconds }: InstantQuestion, signal: AbortSignal): Promise<void> {
    try {
      const results = await Promise.all(expressions.map((text) => this.#api.query(text, atSeconds, signal)));
      if (signal.aborted) return;
      this.#instant.value = { atSeconds, results };
      this.#fault.value = null;
    } catch (thrown) {
      if (!signal.aborted) this.#fault.value = reasonOf(thrown);
    }
  }
}

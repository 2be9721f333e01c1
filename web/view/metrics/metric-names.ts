import { signal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';

import type { Api } from '../../api/client.ts';
import { Latest } from '../../series/latest.ts';

/** More names than this are not fetched at once: lists of a million have frozen other pages. */
const MAX_NAMES = 1000;
/** With fewer letters there is nothing to narrow by. */
const MIN_LETTERS = 2;

/**
 * The names of metrics, fetched when they are first wanted. When there are more than the limit, those that
 * contain the word are asked for as it is written; typing never waits for an answer.
 */
export class MetricNames {
  readonly #names = signal<readonly string[]>([]);
  readonly #latest: Latest<string>;
  #cut = true;
  #asked: string | null = null;

  constructor(api: Api) {
    this.#latest = new Latest(async (word, signal) => {
      try {
        const question = word === '' ? {} : { match: `{__name__=~".*${word}.*"}` };
        const names = await api.labelValues('__name__', { ...question, limit: MAX_NAMES }, signal);
        if (word === '') this.#cut = names.length >= MAX_NAMES;
        this.#names.value = names;
      } catch {
        // Without names there is no completion, and the query itself says what is wrong.
        this.#asked = null;
      }
    });
  }

  get names(): ReadonlySignal<readonly string[]> {
    return this.#names;
  }

  /** Makes sure that the names for a word are there or under way. */
  want(word: string): void {
    const asked =
      this.#asked !== null && this.#cut && word.length >= MIN_LETTERS ? word.replaceAll(/[^\w:]/g, '') : '';
    if (asked === this.#asked || (this.#asked !== null && !this.#cut)) return;
    this.#asked = asked;
    this.#latest.ask(asked, false);
  }
}

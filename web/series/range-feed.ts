import { signal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';

import { reasonOf } from '../../lib/fault.ts';
import type { Api } from '../api/client.ts';
import type { TimeWindow } from '../time/range.ts';
import { SeriesBuffer } from './buffer.ts';
import type { Frame } from './buffer.ts';
import { Latest } from './latest.ts';

export interface RangeQuestion {
  readonly expressions: readonly string[];
  readonly window: TimeWindow;
  /** Another number asks for everything again. */
  readonly generation: number;
}

/** The newest points may still change when late samples come in: they are fetched once more. */
const OVERLAP_SECONDS = 15;
/** More lines than this tell nobody anything and stop the browser. */
const MAX_SERIES = 500;

/** What was fetched for one question, as far as it reaches. */
interface Held {
  readonly key: string;
  readonly buffer: SeriesBuffer;
  startSeconds: number;
  endSeconds: number;
}

/** The series of a chart: fetched whole once, then only their newest points as the window moves on. */
export class RangeFeed {
  readonly #api: Api;
  readonly #latest = new Latest<RangeQuestion>((question, signal) => this.#answer(question, signal));
  readonly #frame = signal<Frame | null>(null);
  readonly #fault = signal<string | null>(null);
  #held: Held | null = null;
  #askedKey = '';

  constructor(api: Api) {
    this.#api = api;
  }

  /** Null until the first answer; a later one takes the place of what is shown, never a blank. */
  get frame(): ReadonlySignal<Frame | null> {
    return this.#frame;
  }

  /** Why the last question has no answer; null when it has. */
  get fault(): ReadonlySignal<string | null> {
    return this.#fault;
  }

  ask(question: RangeQuestion): void {
    const key = keyOf(question);
    this.#latest.ask(question, key !== this.#askedKey);
    this.#askedKey = key;
  }

  stop(): void {
    this.#latest.stop();
    this.#askedKey = '';
  }

  async #answer(question: RangeQuestion, signal: AbortSignal): Promise<void> {
    const { expressions, window } = question;
    const missing = missingWindow(this.#held?.key === keyOf(question) ? this.#held : null, window);
    try {
      const answers = await Promise.all(
        expressions.map((text) => this.#api.queryRange(text, missing, signal)),
      );
      if (signal.aborted) return;
      const held = this.#hold(question, missing);
      answers.forEach((answer, query) => held.buffer.merge(query, answer.series, missing));
      held.startSeconds = window.startSeconds;
      held.endSeconds = window.endSeconds;
      this.#frame.value = held.buffer.frame(window);
      this.#fault.value = null;
    } catch (thrown) {
      if (!signal.aborted) this.#fault.value = reasonOf(thrown);
    }
  }

  #hold(question: RangeQuestion, missing: TimeWindow): Held {
    const key = keyOf(question);
    const held = this.#held;
    if (held?.key === key && missing.startSeconds > held.startSeconds) return held;
    const { startSeconds, endSeconds, stepSeconds } = missing;
    this.#held = {
      key,
      startSeconds,
      endSeconds,
      buffer: new SeriesBuffer(startSeconds, stepSeconds, MAX_SERIES),
    };
    return this.#held;
  }
}

/** The part of a window that has to be fetched when `held` is there already. */
export function missingWindow(
  held: { readonly startSeconds: number; readonly endSeconds: number } | null,
  window: TimeWindow,
): TimeWindow {
  if (!held || window.startSeconds < held.startSeconds || window.endSeconds < held.endSeconds) return window;
  const overlap = Math.max(2, Math.ceil(OVERLAP_SECONDS / window.stepSeconds)) * window.stepSeconds;
  const startSeconds = Math.max(window.startSeconds, held.endSeconds - overlap);
  return startSeconds > held.startSeconds ? { ...window, startSeconds } : window;
}

function keyOf({ expressions, window, generation }: RangeQuestion): string {
  return JSON.stringify([expressions, window.stepSeconds, generation]);
}

import type { Clock } from '../../../lib/clock.ts';
import { Fault } from '../../../lib/fault.ts';
import type { ReadLimits } from '../../store/store.ts';

/** What one query may cost. `checkDeadline` throws when time is up or the asker has gone. */
export interface QueryLimits extends Omit<ReadLimits, 'onDamage'> {
  /** Steps of a range query. */
  readonly maxSteps: number;
  /** Where it is told what the query cost. */
  readonly usage?: Usage;
}

/** Samples read and cells of columns: all that a query met, and the most that it held at once. */
export interface Usage {
  samples: number;
  peakSamples: number;
}

/** The names of the settings, as the messages of exceeded limits tell them. */
export const LIMIT_SETTINGS = {
  maxSamples: 'query.max-samples',
  maxSeries: 'query.max-series',
  maxSteps: 'query.max-steps',
  timeout: 'query.timeout',
} as const;

/** A `checkDeadline` that throws a `Fault` `timeout` once `timeoutMs` have passed from now. */
export function deadline(clock: Clock, timeoutMs: number): () => void {
  const endMs = clock.monotonicMs() + timeoutMs;
  return () => {
    if (clock.monotonicMs() < endMs) return;
    throw new Fault(
      'timeout',
      `query timed out: it took longer than ${timeoutMs / 1000} s (setting ${LIMIT_SETTINGS.timeout})`,
      { retry: true },
    );
  };
}

/** Work between two looks at the deadline, in samples or cells: well under a millisecond. */
const WORK_PER_CHECK = 1 << 16;

/**
 * Counts what a query holds in memory (samples read and cells of columns) and how much it has worked.
 * `held` is set back by the evaluator when a subexpression's inputs are done with.
 */
export class Budget {
  readonly #limits: QueryLimits;
  #work = 0;
  held = 0;

  constructor(limits: QueryLimits) {
    this.#limits = limits;
  }

  /** Takes room for samples or cells; throws a `Fault` `limit` when there is none. */
  hold(samples: number): void {
    this.held += samples;
    const { usage } = this.#limits;
    if (usage !== undefined) {
      usage.samples += samples;
      usage.peakSamples = Math.max(usage.peakSamples, this.held);
    }
    if (this.held > this.#limits.maxSamples) {
      throw new Fault(
        'limit',
        `query would hold more than ${this.#limits.maxSamples} samples in memory (setting ${LIMIT_SETTINGS.maxSamples})`,
      );
    }
    this.spend(samples);
  }

  /** Tells of work done; looks at the deadline now and then. */
  spend(work: number): void {
    this.#work += work;
    if (this.#work < WORK_PER_CHECK) return;
    this.#work = 0;
    this.#limits.checkDeadline();
  }

  /** What is left for one read of the store. */
  readLimits(onDamage: (message: string) => void): ReadLimits {
    return {
      maxSeries: this.#limits.maxSeries,
      maxSamples: this.#limits.maxSamples - this.held,
      checkDeadline: () => this.#limits.checkDeadline(),
      onDamage,
    };
  }
}

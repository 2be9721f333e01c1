import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import type { StoreView } from './view.ts';

/**
 * Gives back the memory of heads that a thread no longer looks at. V8 does not count shared memory, so a thread
 * that makes little garbage of its own would hold every head that ever was: the resident size grew by each fold.
 */
export class HeadMemory {
  readonly #collect: () => void;
  #heads = new Set<number>();

  /** `collect` runs a full collection of this thread; some 10 ms. */
  constructor(collect: () => void = collector()) {
    this.#collect = collect;
  }

  /** To be called with each view once it has taken the place of the one before. */
  took({ retired, heads }: StoreView): void {
    const now = new Set([...retired, ...heads].map(({ id }) => id));
    const isAnyGone = [...this.#heads].some((id) => !now.has(id));
    this.#heads = now;
    // What is on the stack now may still name the head.
    if (isAnyGone) setImmediate(this.#collect);
  }
}

function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

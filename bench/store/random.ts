/** Numbers that a seed alone decides: the same data in every run. After G. Marsaglia's xorshift128 (2003). */
export class Random {
  readonly #state: Uint32Array;

  constructor(seed: number) {
    this.#state = Uint32Array.of(seed, 0x9e3779b9, 0x243f6a88, 0xb7e15162);
    for (let i = 0; i < 20; i++) this.uniform();
  }

  /** 0 <= x < 1, in steps of 2^-32. */
  uniform(): number {
    const state = this.#state;
    let word = state[3] as number;
    const first = state[0] as number;
    state[3] = state[2] as number;
    state[2] = state[1] as number;
    state[1] = first;
    word ^= word << 11;
    word ^= word >>> 8;
    state[0] = word ^ first ^ (first >>> 19);
    return state[0] / 2 ** 32;
  }

  /** 0 <= n < below. */
  integer(below: number): number {
    return Math.floor(this.uniform() * below);
  }

  /** About normal, mean 0 and deviation 1: the sum of four uniforms. */
  normal(): number {
    return (this.uniform() + this.uniform() + this.uniform() + this.uniform() - 2) * Math.sqrt(3);
  }

  /** How many of the events that come `mean` times on average. */
  count(mean: number): number {
    if (mean > 30) return Math.max(0, Math.round(mean + this.normal() * Math.sqrt(mean)));
    // Knuth's way: uniforms are multiplied until they fall below e^-mean.
    const limit = Math.exp(-mean);
    let events = 0;
    for (let product = this.uniform(); product > limit; product *= this.uniform()) events++;
    return events;
  }

  /** Lower-case letters and digits, as Kubernetes makes names. */
  word(length: number): string {
    const letters = 'bcdfghjklmnpqrstvwxz2456789';
    return Array.from({ length }, () => letters[this.integer(letters.length)]).join('');
  }
}

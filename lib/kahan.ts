/**
 * A sum that carries its rounding error along (Kahan's method with Neumaier's improvement). Prometheus sums
 * so, and with the same order of additions the result here is the same to the last bit.
 */
export class KahanSum {
  sum: number;
  error = 0;

  constructor(first = 0) {
    this.sum = first;
  }

  add(value: number): void {
    const { sum } = this;
    const total = sum + value;
    if (total === Infinity || total === -Infinity) this.error = 0;
    else if (Math.abs(sum) >= Math.abs(value)) this.error += sum - total + value;
    else this.error += value - total + sum;
    this.sum = total;
  }

  /** The sum with its error put back. */
  total(): number {
    return this.sum + this.error;
  }
}

/**
 * A mean: of the plain sum as long as that stays finite, and corrected value by value from there on, so that a
 * sum past the largest double does not spoil it.
 */
export class KahanMean {
  readonly #sum = new KahanSum();
  #count = 0;
  #incremental = false;

  reset(): void {
    this.#sum.sum = 0;
    this.#sum.error = 0;
    this.#count = 0;
    this.#incremental = false;
  }

  add(value: number): void {
    const sum = this.#sum;
    const count = ++this.#count;
    if (count === 1) {
      sum.sum = value;
      return;
    }
    if (!this.#incremental) {
      const { sum: before, error } = sum;
      sum.add(value);
      // Fast path.
      if (sum.sum !== Infinity && sum.sum !== -Infinity) return;
      // Slow path: from here on `sum` is the mean.
      this.#incremental = true;
      sum.sum = before / (count - 1);
      sum.error = error / (count - 1);
    }
    const weight = (count - 1) / count;
    sum.sum *= weight;
    sum.error *= weight;
    sum.add(value / count);
  }

  mean(): number {
    if (this.#incremental) return this.#sum.total();
    return this.#sum.sum / this.#count + this.#sum.error / this.#count;
  }
}

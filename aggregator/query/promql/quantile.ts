/**
 * The quantile of values by linear interpolation between the two nearest ranks; NaN counts as the smallest.
 * Sorts `values` in place. Outside of 0..1 the answer is an infinity, for NaN it is NaN.
 */
export function quantile(q: number, values: Float64Array): number {
  const count = values.length;
  if (count === 0 || Number.isNaN(q)) return NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  // A typed array sorts NaN to the end.
  values.sort();
  let numbers = count;
  while (numbers > 0 && Number.isNaN(values[numbers - 1])) numbers--;
  const rank = q * (count - 1);
  const lower = Math.floor(rank);
  const upper = Math.min(count - 1, lower + 1);
  const weight = rank - lower;
  return at(values, lower, count - numbers) * (1 - weight) + at(values, upper, count - numbers) * weight;
}

function at(sorted: Float64Array, rank: number, nans: number): number {
  return rank < nans ? NaN : (sorted[rank - nans] as number);
}

/** The warning for a quantile outside of 0..1, or undefined. */
export function quantileRemark(q: number): string | undefined {
  if (q >= 0 && q <= 1) return undefined;
  return `quantile value should be between 0 and 1, got ${printGo(q)}`;
}

/** A number as Go's `%g` and `%v` print it. */
export function printGo(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  const exponent = value === 0 ? 0 : Number(value.toExponential().split('e')[1]);
  const text = exponent < -4 || exponent >= 6 ? value.toExponential() : String(value);
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E'];

/** Four digits and a decimal prefix: `1.234k`; very small ones with an exponent. */
export function shortNumber(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  const size = Math.abs(value);
  if (size !== 0 && size < 0.001) return value.toExponential(2);
  let power = size < 1000 ? 0 : Math.floor(Math.log10(size) / 3);
  // What rounds up to a thousand is one of the next.
  if (Math.abs(Number((value / 1000 ** power).toPrecision(4))) >= 1000) power++;
  if (power >= PREFIXES.length) return value.toExponential(2);
  return `${Number((value / 1000 ** power).toPrecision(4))}${PREFIXES[power] ?? ''}`;
}

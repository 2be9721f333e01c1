/**
 * Numbers that mean more than themselves. A value is an IEEE 754 double; the bits of a NaN tell a
 * staleness marker from an ordinary NaN (Prometheus `model/value/value.go`), so NaNs are moved as bits:
 * through typed arrays of the same width, never through arithmetic.
 */
const STALE_NAN_HIGH = 0x7ff00000;
const STALE_NAN_LOW = 0x00000002;

/** Writes the staleness marker ("this series has ended") at an index. */
export function putStale(values: Float64Array, index: number): void {
  new Uint32Array(values.buffer, values.byteOffset + index * 8, 2).set([STALE_NAN_LOW, STALE_NAN_HIGH]);
}

/** Is the value at an index the staleness marker? */
export function isStale(values: Float64Array, index: number): boolean {
  const value = values[index] as number;
  // Fast path.
  if (value === value) return false;
  const bits = new Uint32Array(values.buffer, values.byteOffset + index * 8, 2);
  return bits[0] === STALE_NAN_LOW && bits[1] === STALE_NAN_HIGH;
}

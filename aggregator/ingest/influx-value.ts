/**
 * A field's value of the Influx line protocol, as Influx reads it: float, integer `1i`, unsigned `1u`, boolean.
 * `undefined` when it is none of these or out of range. Strings are not read here.
 */
export function parseInfluxValue(text: string): number | undefined {
  const last = text.charCodeAt(text.length - 1);
  if (last === LOWER_I) return integer(text.slice(0, -1), /^[+-]?\d+$/, MIN_INT64, MAX_INT64);
  if (last === LOWER_U) return integer(text.slice(0, -1), /^\d+$/, 0n, MAX_UINT64);
  if (!FLOAT.test(text)) return BOOLEANS.get(text);
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** Units of timestamps by the names that clients send as `precision`. */
const UNITS: Readonly<Record<string, TimeUnit>> = {
  ns: { digits: 6, factor: 1 },
  us: { digits: 3, factor: 1 },
  ms: { digits: 0, factor: 1 },
  s: { digits: 0, factor: 1000 },
  m: { digits: 0, factor: 60_000 },
  h: { digits: 0, factor: 3_600_000 },
};

const OTHER_NAMES: Readonly<Record<string, string>> = { '': 'ns', n: 'ns', u: 'us', µ: 'us' };

export interface TimeUnit {
  /** Decimal digits below a millisecond. */
  readonly digits: number;
  /** Milliseconds of one unit, where it is no smaller than one. */
  readonly factor: number;
}

/** The unit that a client calls so, none when no client does. */
export function timeUnit(precision: string): TimeUnit | undefined {
  const name = OTHER_NAMES[precision] ?? precision;
  return Object.hasOwn(UNITS, name) ? UNITS[name] : undefined;
}

/**
 * A timestamp in milliseconds, rounded down; `undefined` when it is no integer of 64 bits. The digits below a
 * millisecond are cut off as text: 19 digits of nanoseconds are more than a double holds.
 */
export function parseInfluxTime(text: string, { digits, factor }: TimeUnit): number | undefined {
  if (!/^-?\d{1,19}$/.test(text)) return undefined;
  if (digits === 0) return Number(text) * factor;
  // Before 1970, which is refused anyway: about when is enough.
  if (text.startsWith('-')) return Math.floor(Number(text) / 10 ** digits);
  return Number(text.slice(0, -digits));
}

const LOWER_I = 0x69;
const LOWER_U = 0x75;
const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;
const MAX_UINT64 = 2n ** 64n - 1n;
const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

const BOOLEANS: ReadonlyMap<string, number> = new Map([
  ...['t', 'T', 'true', 'True', 'TRUE'].map((word) => [word, 1] as const),
  ...['f', 'F', 'false', 'False', 'FALSE'].map((word) => [word, 0] as const),
]);

function integer(text: string, form: RegExp, least: bigint, most: bigint): number | undefined {
  if (!form.test(text)) return undefined;
  // Fast path.
  if (text.length <= 15) return Number(text);
  const exact = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return exact < least || exact > most ? undefined : Number(exact);
}

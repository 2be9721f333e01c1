import { Fault } from '../../lib/fault.ts';
import { parseDurationMs } from '../../lib/quantity.ts';

/**
 * Reads the parameters of Prometheus's API, which come in the query string or as a form. What is wrong throws
 * a `Fault` `bad_data` that names the parameter and its value.
 */
export class Parameters {
  readonly #all: URLSearchParams;

  constructor(query: string, form: unknown) {
    this.#all = new URLSearchParams(query);
    if (form instanceof URLSearchParams) for (const [name, value] of form) this.#all.append(name, value);
  }

  text(name: string): string {
    const value = this.#all.get(name);
    if (value === null || value === '')
      throw new Fault('bad_data', `invalid parameter "${name}": it is missing`);
    return value;
  }

  list(name: string): string[] {
    return this.#all.getAll(name);
  }

  /** Seconds since the epoch or RFC 3339, as ms. */
  timeMs(name: string, absent?: number): number {
    const value = this.#all.get(name);
    if (value === null || value === '') return absent ?? this.#missing(name);
    const seconds = Number(value);
    const ms = Number.isFinite(seconds) ? seconds * 1000 : RFC3339.test(value) ? Date.parse(value) : NaN;
    // The years that a Date can tell, which are more than anyone stores.
    if (!(Math.abs(ms) <= 8.64e15)) {
      throw this.#wrong(name, value, 'seconds since 1970 or RFC 3339, e.g. 2026-01-31T12:00:00Z');
    }
    return Math.round(ms);
  }

  /** As `timeMs`, to the nanosecond; a whole number of 15 digits or more is nanoseconds. */
  timeNs(name: string, absent: bigint): bigint {
    const value = this.#all.get(name);
    if (value === null || value === '') return absent;
    const timeNs = parseTimeNs(value);
    if (timeNs === undefined || BigInt.asIntN(64, timeNs) !== timeNs) {
      const right = 'seconds since 1970, nanoseconds, or RFC 3339, e.g. 2026-01-31T12:00:00.123456789Z';
      throw this.#wrong(name, value, right);
    }
    return timeNs;
  }

  /** One of a few words, the first when it is missing. */
  choice<const T extends string>(name: string, words: readonly [T, ...T[]]): T {
    const value = this.#all.get(name);
    if (value === null || value === '') return words[0];
    const found = words.find((word) => word === value);
    if (found === undefined) throw this.#wrong(name, value, words.join(' or '));
    return found;
  }

  /** The text, `''` when it is missing. */
  optional(name: string): string {
    return this.#all.get(name) ?? '';
  }

  /** Seconds or a duration such as 5m, as ms. */
  durationMs(name: string, absent?: number): number {
    const value = this.#all.get(name);
    if (value === null || value === '') return absent ?? this.#missing(name);
    const seconds = Number(value);
    if (Number.isFinite(seconds)) return seconds * 1000;
    try {
      return parseDurationMs(value);
    } catch {
      throw this.#wrong(name, value, 'seconds or a duration, e.g. 5m');
    }
  }

  /** A whole number that is not negative. */
  count(name: string, absent: number): number {
    const value = this.#all.get(name);
    if (value === null || value === '') return absent;
    if (!/^\d{1,9}$/.test(value)) throw this.#wrong(name, value, 'a whole number');
    return Number(value);
  }

  #missing(name: string): never {
    throw new Fault('bad_data', `invalid parameter "${name}": it is missing`);
  }

  #wrong(name: string, value: string, right: string): Fault {
    return new Fault(
      'bad_data',
      `invalid parameter "${name}": cannot parse ${JSON.stringify(value)}: ${right}`,
    );
  }
}

const RFC3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

const DECIMAL = /^(-?)(\d{1,19})(?:\.(\d+))?$/;
const NS_DIGITS = 15;

/** Exact where the text is; undefined when it is no time. */
function parseTimeNs(text: string): bigint | undefined {
  const [whole, sign, digits = '', fraction] = DECIMAL.exec(text) ?? [];
  if (whole !== undefined) {
    if (fraction === undefined && digits.length >= NS_DIGITS) return BigInt(whole);
    const ns = BigInt(digits) * 1_000_000_000n + fractionNs(fraction);
    return sign === '-' ? -ns : ns;
  }
  const seconds = RFC3339.test(text) ? Date.parse(text.replace(/\.\d+/, '')) / 1000 : Number(text);
  if (!Number.isFinite(seconds)) return undefined;
  const rest = RFC3339.exec(text)?.[1]?.slice(1);
  return BigInt(Math.round(seconds * 1000)) * 1_000_000n + fractionNs(rest);
}

function fractionNs(digits = ''): bigint {
  return BigInt(digits.slice(0, 9).padEnd(9, '0'));
}

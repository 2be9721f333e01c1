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

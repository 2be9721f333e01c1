import { RE2JS } from 're2js';

import { Fault, reasonOf } from './fault.ts';
import { formatBytes, formatDurationMs, parseBytes, parseDurationMs } from './quantity.ts';

/**
 * How a part declares its settings: one record of kinds, each with its key, default and meaning. The values come
 * from flags, environment, file and defaults (`settings-read.ts`), and the documentation from the same record
 * (`settings-print.ts`).
 */
export interface Setting<T> {
  /** As in the file, nested by dots: `agent.interval`. Flag and environment variable follow from it. */
  readonly key: string;
  readonly doc: string;
  /** What values are right, in words: `duration, 1s or more`. */
  readonly kind: string;
  /** `flag`: the flag may stand without a value; `list`: many values; `one`: just one. */
  readonly arity: 'one' | 'list' | 'flag';
  /** Undefined when the setting may be absent. */
  readonly default: T;
  /** The value of one text, or of many when the arity is `list`; a Fault says what is wrong with it. */
  parse(texts: readonly string[]): T;
  /** A text for people, without secrets. */
  show(value: T): string;
  /** The same for a text that may not be right. */
  mask(text: string): string;
}

export type SettingsTable = Readonly<Record<string, Setting<unknown>>>;

/** The values of a table. */
export type SettingsOf<T extends SettingsTable> = {
  readonly [Name in keyof T]: T[Name] extends Setting<infer Value> ? Value : never;
};

export interface Address {
  readonly host: string;
  /** 0 lets the system choose a free one. */
  readonly port: number;
}

interface Declared<D> {
  readonly key: string;
  readonly doc: string;
  /** Without it the setting may be absent: its value is undefined then. */
  readonly default?: D;
}

interface Range<B> {
  readonly min?: B;
  readonly max?: B;
}

/** What the value of a setting without a default may be besides its kind. */
type Absent<O> = O extends { readonly default: unknown } ? never : undefined;

interface Kind<T> {
  readonly kind: string;
  readonly arity?: Setting<T>['arity'];
  parse(texts: readonly string[]): T;
  show?(value: T): string;
  mask?(text: string): string;
}

const KEY = /^[a-z][a-z0-9]*(?:[.-][a-z0-9]+)*$/;

function declare<T, O extends Declared<string | number | boolean | readonly string[]>>(
  options: O,
  kind: Kind<T>,
): Setting<T | Absent<O>> {
  const { key, doc, default: given } = options;
  if (!KEY.test(key)) throw new Error(`BUG: setting key ${key} is not lower case words with dots and dashes`);
  const texts = given === undefined ? undefined : Array.isArray(given) ? given.map(String) : [String(given)];
  return Object.freeze({
    key,
    doc,
    kind: kind.kind,
    arity: kind.arity ?? 'one',
    default: (texts === undefined ? undefined : kind.parse(texts)) as T | Absent<O>,
    parse: (texts: readonly string[]) => kind.parse(texts),
    show: (value: T | Absent<O>) => (value === undefined ? '' : (kind.show?.(value) ?? String(value))),
    mask: (text: string) => kind.mask?.(text) ?? text,
  });
}

/** A kind whose value comes from one text. */
function single<T>(kind: string, parse: (text: string) => T, show?: (value: T) => string): Kind<T> {
  return { kind, parse: ([text = '']) => parse(text), ...(show && { show }) };
}

/** A kind of number within bounds that are written as its values are. */
function ranged(
  name: string,
  bounds: Range<string | number>,
  parse: (text: string) => number,
  show: (value: number) => string,
): Kind<number> {
  const bound = (text: string | number | undefined): number | undefined =>
    text === undefined ? undefined : parse(String(text));
  const [min, max] = [bound(bounds.min), bound(bounds.max)];
  let kind = name;
  if (min !== undefined && max !== undefined) kind += `, ${show(min)} to ${show(max)}`;
  else if (min !== undefined) kind += `, ${show(min)} or more`;
  else if (max !== undefined) kind += `, ${show(max)} or less`;
  const check = (text: string): number => {
    const value = parse(text);
    if (min !== undefined && value < min)
      throw new Fault('bad_setting', `is below the minimum of ${show(min)}`);
    if (max !== undefined && value > max)
      throw new Fault('bad_setting', `is above the maximum of ${show(max)}`);
    return value;
  };
  return single(kind, check, show);
}

/** HOST:PORT to listen at or to connect to; IPv6 in brackets. */
export function address<const O extends Declared<string>>(options: O): Setting<Address | Absent<O>> {
  return declare<Address, O>(options, single('address HOST:PORT', parseAddress, formatAddress));
}

/** A file or folder; a relative one starts at the working directory. */
export function path<const O extends Declared<string>>(options: O): Setting<string | Absent<O>> {
  return declare<string, O>(options, single('path', filled('a path')));
}

/** A file that holds a secret. The value is its path: the secret is read when it is used, and never printed. */
export function secretFile<const O extends Declared<string>>(options: O): Setting<string | Absent<O>> {
  return declare<string, O>(options, single('path of a file with a secret', filled('a path')));
}

export function text<const O extends Declared<string>>(options: O): Setting<string | Absent<O>> {
  return declare<string, O>(options, single('text', String));
}

/** One of the words in `choices`. */
export function choice<const O extends Declared<string> & { readonly choices: readonly string[] }>(
  options: O,
): Setting<O['choices'][number] | Absent<O>> {
  const words = options.choices.join(', ');
  return declare<O['choices'][number], O>(
    options,
    single(`one of ${words}`, (word) => {
      if (!options.choices.includes(word)) throw new Fault('bad_setting', `is not one of ${words}`);
      return word;
    }),
  );
}

export function integer<const O extends Declared<number> & Range<number>>(
  options: O,
): Setting<number | Absent<O>> {
  return declare<number, O>(options, ranged('whole number', options, parseInteger, String));
}

/** A number with an optional fraction. */
export function number<const O extends Declared<number> & Range<number>>(
  options: O,
): Setting<number | Absent<O>> {
  return declare<number, O>(options, ranged('number', options, parseNumber, String));
}

/** A share from 0 to 1, also written as `80%`. */
export function ratio<const O extends Declared<number>>(options: O): Setting<number | Absent<O>> {
  return declare<number, O>(options, ranged('ratio', { min: 0, max: 1 }, parseRatio, String));
}

export function boolean<const O extends Declared<boolean>>(options: O): Setting<boolean | Absent<O>> {
  return declare<boolean, O>(options, { ...single('true or false', parseBoolean), arity: 'flag' });
}

/** Milliseconds; written as in `parseDurationMs`, the bounds too. */
export function duration<const O extends Declared<string> & Range<string>>(
  options: O,
): Setting<number | Absent<O>> {
  return declare<number, O>(options, ranged('duration', options, parseDurationMs, formatDurationMs));
}

/** Bytes; written as in `parseBytes`, the bounds too. */
export function bytes<const O extends Declared<string> & Range<string>>(
  options: O,
): Setting<number | Absent<O>> {
  return declare<number, O>(options, ranged('size', options, parseBytes, formatBytes));
}

/** Many texts: separated by commas in flags and environment, a list in the file; a flag may be repeated. */
export function list<const O extends Declared<readonly string[]>>(
  options: O,
): Setting<readonly string[] | Absent<O>> {
  return declare<readonly string[], O>(options, {
    kind: 'list, separated by commas',
    arity: 'list',
    parse: (texts) => Object.freeze(texts.map((text) => text.trim()).filter((text) => text !== '')),
    show: (texts) => texts.join(','),
  });
}

/** Days that what has a name of this pattern is kept for. */
export interface NameAge {
  /** RE2, of the whole name. */
  readonly pattern: string;
  readonly days: number;
}

/** `PATTERN=AGE`, an age in whole days, as many times as needed and in order: `go_.*=2d`. */
export function nameAges<const O extends Declared<readonly string[]>>(
  options: O,
): Setting<readonly NameAge[] | Absent<O>> {
  return declare<readonly NameAge[], O>(options, {
    kind: 'list of PATTERN=AGE, separated by commas',
    arity: 'list',
    // A comma in `x{1,3}` is none of the list.
    parse: (texts) => {
      const items = texts.join(',').split(/(?<!\{\d+),/);
      return Object.freeze(items.flatMap((item) => (item.trim() === '' ? [] : parseNameAge(item.trim()))));
    },
    show: (ages) => ages.map(({ pattern, days }) => `${pattern}=${days}d`).join(','),
  });
}

/** An http or https URL, as it was written; its user and password are not printed. */
export function url<const O extends Declared<string>>(options: O): Setting<string | Absent<O>> {
  return declare<string, O>(options, { ...single('http or https URL', parseUrl, maskUrl), mask: maskUrl });
}

/** Reads HOST:PORT; the host of `[::1]:80` is `::1`. Throws a Fault. */
export function parseAddress(text: string): Address {
  const [, inBrackets, name, digits] =
    /^(?:\[([\da-f:.]+(?:%\w+)?)\]|([^\s:[\]/]+)):(\d{1,5})$/i.exec(text) ?? [];
  const host = inBrackets ?? name;
  const port = Number(digits);
  if (host === undefined || port > 65_535) {
    throw new Fault('bad_setting', 'is not HOST:PORT such as 127.0.0.1:4400, 0.0.0.0:4400 or [::1]:4400');
  }
  return Object.freeze({ host, port });
}

export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

const DAY_MS = 86_400_000;

function parseNameAge(text: string): NameAge {
  const [, pattern = '', age = ''] = /^(.+)=([^=]*)$/s.exec(text) ?? [];
  const wrong = (why: string): Fault => new Fault('bad_setting', `has ${JSON.stringify(text)}, ${why}`);
  if (pattern === '') throw wrong('which is not PATTERN=AGE such as go_.*=2d');
  try {
    RE2JS.compile(pattern);
  } catch (thrown) {
    throw wrong(`whose pattern is no RE2 expression: ${reasonOf(thrown)}`);
  }
  let days: number;
  try {
    days = parseDurationMs(age) / DAY_MS;
  } catch (thrown) {
    throw wrong(`whose age ${reasonOf(thrown)}`);
  }
  if (days < 1 || !Number.isInteger(days)) throw wrong('whose age is not in whole days, 1d or more');
  return Object.freeze({ pattern, days });
}

function filled(what: string) {
  return (text: string): string => {
    if (text.trim() === '' || text.includes('\0')) throw new Fault('bad_setting', `is not ${what}`);
    return text;
  };
}

function parseInteger(text: string): number {
  const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new Fault('bad_setting', 'is not a whole number such as 4');
  return value;
}

function parseNumber(text: string): number {
  const value = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) throw new Fault('bad_setting', 'is not a number such as 4 or 0.5');
  return value;
}

function parseRatio(text: string): number {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text);
  return percent === null ? parseNumber(text) : Number(percent[1]) / 100;
}

function parseBoolean(text: string): boolean {
  if (text !== 'true' && text !== 'false') throw new Fault('bad_setting', 'is not true or false');
  return text === 'true';
}

function parseUrl(text: string): string {
  const { protocol } = URL.parse(text) ?? {};
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new Fault('bad_setting', 'is not a URL such as http://127.0.0.1:4400');
  }
  return text;
}

/** Hides all between the scheme and the last @: too much rather than too little when the URL is broken. */
function maskUrl(text: string): string {
  return text.replace(/^([a-z][a-z\d+.-]*:(?:\/\/)?)?.*@/is, '$1***@');
}

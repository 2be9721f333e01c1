/**
 * Names of OTLP in Prometheus's form, as its OTLP receiver makes them with its default settings
 * (prometheus/otlptranslator v1: underscores for what is not a letter or digit, suffixes of unit and type).
 */
const UNITS: Readonly<Record<string, string>> = {
  d: 'days',
  h: 'hours',
  min: 'minutes',
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  By: 'bytes',
  KiBy: 'kibibytes',
  MiBy: 'mebibytes',
  GiBy: 'gibibytes',
  TiBy: 'tebibytes',
  KBy: 'kilobytes',
  MBy: 'megabytes',
  GBy: 'gigabytes',
  TBy: 'terabytes',
  m: 'meters',
  V: 'volts',
  A: 'amperes',
  J: 'joules',
  W: 'watts',
  g: 'grams',
  Cel: 'celsius',
  Hz: 'hertz',
  '1': '',
  '%': 'percent',
};

const PER_UNITS: Readonly<Record<string, string>> = {
  s: 'second',
  m: 'minute',
  h: 'hour',
  d: 'day',
  w: 'week',
  mo: 'month',
  y: 'year',
};

export interface NamedMetric {
  readonly name: string;
  readonly unit: string;
  readonly kind: string;
  readonly monotonic: boolean;
}

/** The metric name, `''` when nothing of it is left. */
export function metricName({ name, unit, kind, monotonic }: NamedMetric): string {
  let tokens = name.split(/[^a-zA-Z0-9:]+/).filter((token) => token !== '');
  addUnit(tokens, unit);
  if (kind === 'sum' && monotonic) tokens = endingWith(tokens, 'total');
  // A count of things has the unit "1" too often; only of a gauge it is taken for a ratio.
  if (kind === 'gauge' && unit === '1') tokens = endingWith(tokens, 'ratio');
  const joined = tokens.join('_');
  return /^\d/.test(joined) ? `_${joined}` : joined;
}

/** The label name, `''` when nothing of it is left. */
export function labelName(key: string): string {
  const reserved = key.length >= 4 && key.startsWith('__') && key.endsWith('__');
  const inner = (reserved ? key.slice(2, -2) : key).replace(/[^a-zA-Z0-9]+/g, '_');
  if (/^_*$/.test(inner)) return '';
  if (reserved) return `__${inner}__`;
  return /^\d/.test(inner) ? `key_${inner}` : inner;
}

/** A bound or quantile with all its digits and no exponent, as Go's `FormatFloat(x, 'f', -1, 64)`. */
export function plainNumber(value: number): string {
  const text = String(value);
  const parts = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (parts === null) return text === 'Infinity' ? '+Inf' : text === '-Infinity' ? '-Inf' : text;
  const [, sign = '', first = '', rest = '', exponent = ''] = parts;
  const digits = first + rest;
  const point = 1 + Number(exponent);
  return point <= 0 ? `${sign}0.${'0'.repeat(-point)}${digits}` : sign + digits.padEnd(point, '0');
}

function addUnit(tokens: string[], unit: string): void {
  const slash = unit.indexOf('/');
  const main = cleanUnit(slash < 0 ? unit : unit.slice(0, slash), UNITS);
  const per = slash < 0 ? '' : cleanUnit(unit.slice(slash + 1), PER_UNITS).replace(/_$/, '');
  if (main !== '' && !tokens.includes(main)) tokens.push(per === '' ? main : main.replace(/_$/, ''));
  if (per !== '') tokens.push(`per_${per}`);
}

/** The word for a unit; none for a comment in braces. */
function cleanUnit(unit: string, words: Readonly<Record<string, string>>): string {
  const trimmed = unit.trim();
  if (/[{}]/.test(trimmed)) return '';
  const word = Object.hasOwn(words, trimmed) ? (words[trimmed] as string) : trimmed;
  return word.replace(/[^a-zA-Z0-9:]+/g, '_').replace(/^_/, '');
}

function endingWith(tokens: readonly string[], last: string): string[] {
  return [...tokens.filter((token) => token !== last), last];
}

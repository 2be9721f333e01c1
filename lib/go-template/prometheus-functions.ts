import { isIP } from 'node:net';

import { RE2JS } from 're2js';

import { Fault, reasonOf } from '../fault.ts';
import { parseDurationMs } from '../quantity.ts';
import { define, escapeQuery, requireText } from './builtins.ts';
import type { Functions } from './evaluate.ts';
import { formatGeneral, formatValue, isList, isMap, kindOf, Struct, type Value } from './value.ts';

/** A sample as templates see it: `.Labels` and `.Value`. */
export function sampleOf(labels: ReadonlyMap<string, string>, value: number): Struct {
  return new Struct({ Labels: labels, Value: value });
}

/**
 * The functions that Prometheus adds for alerts (prometheus/docs `configuration/template_reference.md`), but for
 * `query`, which asks a server, and those for console pages.
 */
export const prometheusFunctions: Functions = new Map([
  define('humanize', 1, 1, (value) => humanize(toFloat(value))),
  define('humanize1024', 1, 1, (value) => humanize1024(toFloat(value))),
  define('humanizeDuration', 1, 1, (value) => humanizeDuration(toFloat(value))),
  define('humanizePercentage', 1, 1, (value) => `${formatGeneral(toFloat(value) * 100, 4)}%`),
  define('humanizeTimestamp', 1, 1, (value) => humanizeTimestamp(toFloat(value))),
  define('toUpper', 1, 1, (text) => requireText(text).toUpperCase()),
  define('toLower', 1, 1, (text) => requireText(text).toLowerCase()),
  define('title', 1, 1, (text) => title(requireText(text))),
  define('match', 2, 2, (pattern, text) => compile(pattern).matcher(requireText(text)).find()),
  define('reReplaceAll', 3, 3, (pattern, by, text) =>
    replaceAll(compile(pattern), requireText(by), requireText(text)),
  ),
  define('parseDuration', 1, 1, (text) => parseDurationMs(requireText(text)) / 1000),
  define('stripPort', 1, 1, (text) => requireText(text).replace(/^(?:\[(.*)\]|([^:]*)):[^:\]]*$/, '$1$2')),
  define('stripDomain', 1, 1, (text) => stripDomain(requireText(text))),
  define('graphLink', 1, 1, (expr) => `/graph?g0.expr=${escapeQuery(requireText(expr))}&g0.tab=0`),
  define('tableLink', 1, 1, (expr) => `/graph?g0.expr=${escapeQuery(requireText(expr))}&g0.tab=1`),
  define('args', 0, Infinity, (...args) => new Map(args.map((arg, i) => [`arg${i}`, arg]))),
  define('safeHtml', 1, 1, (text) => requireText(text)),
  define('first', 1, 1, (list) => first(list)),
  define('value', 1, 1, (sample) => sampleField(sample, 'Value')),
  define('strvalue', 1, 1, (sample) => labelOf(sample, '__value__')),
  define('label', 2, 2, (name, sample) => labelOf(sample, requireText(name))),
  define('sortByLabel', 2, 2, (name, list) => sortByLabel(requireText(name), list)),
]);

function toFloat(value: Value): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'string') throw new Fault('bad_value', `can't convert ${kindOf(value)} to float`);
  const named = { nan: NaN, inf: Infinity, '+inf': Infinity, '-inf': -Infinity }[value.toLowerCase()];
  const number = named ?? (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) ? Number(value) : undefined);
  if (number === undefined) throw new Fault('bad_value', `${JSON.stringify(value)} is not a number`);
  return number;
}

const LARGE = ['k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];
const SMALL = ['m', 'u', 'n', 'p', 'f', 'a', 'z', 'y'];

function humanize(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return formatGeneral(value, 4);
  let scaled = value;
  let prefix = '';
  if (Math.abs(value) >= 1) {
    for (const larger of LARGE) {
      if (Math.abs(scaled) < 1000) break;
      prefix = larger;
      scaled /= 1000;
    }
  } else {
    for (const smaller of SMALL) {
      if (Math.abs(scaled) >= 1) break;
      prefix = smaller;
      scaled *= 1000;
    }
  }
  return `${formatGeneral(scaled, 4)}${prefix}`;
}

function humanize1024(value: number): string {
  if (Math.abs(value) <= 1 || !Number.isFinite(value)) return formatGeneral(value, 4);
  let scaled = value;
  let prefix = '';
  for (const larger of ['ki', ...LARGE.slice(1).map((letter) => `${letter}i`)]) {
    if (Math.abs(scaled) < 1024) break;
    prefix = larger;
    scaled /= 1024;
  }
  return `${formatGeneral(scaled, 4)}${prefix}`;
}

function humanizeDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return formatGeneral(seconds, 4);
  if (seconds === 0) return '0s';
  if (Math.abs(seconds) < 1) return `${humanize(seconds)}s`;
  const sign = seconds < 0 ? '-' : '';
  const whole = BigInt(Math.trunc(Math.abs(seconds)));
  const [days, hours, minutes, rest] = [
    whole / 86400n,
    (whole / 3600n) % 24n,
    (whole / 60n) % 60n,
    whole % 60n,
  ];
  if (days > 0n) return `${sign}${days}d ${hours}h ${minutes}m ${rest}s`;
  if (hours > 0n) return `${sign}${hours}h ${minutes}m ${rest}s`;
  if (minutes > 0n) return `${sign}${minutes}m ${rest}s`;
  return `${sign}${formatGeneral(Math.abs(seconds), 4)}s`;
}

/** An address stays whole, and so does the port. */
function stripDomain(text: string): string {
  const [, host = '', port = ''] = /^(\[[^\]]*\]|[^:]*)(:.*)?$/.exec(text) ?? [];
  return host.startsWith('[') || isIP(host) > 0 ? text : host.replace(/\..*$/, '') + port;
}

/** As Go prints a time, `2015-06-23 13:19:44.128 +0000 UTC`. */
function humanizeTimestamp(seconds: number): string {
  if (!Number.isFinite(seconds)) return formatGeneral(seconds, 4);
  const ms = Math.round(seconds * 1000);
  if (!(Math.abs(ms) <= 8.64e15)) throw new Fault('bad_value', `${seconds} is no time`);
  const [day = '', time = ''] = new Date(ms).toISOString().split('T');
  return `${day} ${time.replace(/\.?0*Z$/, '')} +0000 UTC`;
}

function title(text: string): string {
  return text.replace(
    /(^|[^\p{L}\p{Nd}_'])(\p{Ll})/gu,
    (_, before: string, letter: string) => before + letter.toUpperCase(),
  );
}

function compile(pattern: Value): RE2JS {
  const text = requireText(pattern);
  try {
    return RE2JS.compile(text);
  } catch (thrown) {
    throw new Fault(
      'bad_value',
      `the regular expression ${JSON.stringify(text)} is wrong: ${reasonOf(thrown)}`,
    );
  }
}

/** A reference to a group: its number or name runs as long as it can unless it is in braces. */
const REFERENCE = /\$(?:(\$)|\{(\w+)\}|(\w+))/g;

function replaceAll(pattern: RE2JS, by: string, text: string): string {
  const matcher = pattern.matcher(text);
  const groups = pattern.namedGroups();
  let result = '';
  let last = 0;
  while (matcher.find()) {
    result += text.slice(last, matcher.start());
    result += by.replace(REFERENCE, (_, dollar?: string, braced?: string, bare?: string) => {
      if (dollar !== undefined) return '$';
      const name = braced ?? bare ?? '';
      const number = /^\d+$/.test(name) ? Number(name) : groups[name];
      return number === undefined || number > pattern.groupCount() ? '' : (matcher.group(number) ?? '');
    });
    last = matcher.end();
  }
  return result + text.slice(last);
}

function first(list: Value): Value {
  if (!isList(list)) throw new Fault('bad_value', `expected a list of samples; got ${kindOf(list)}`);
  const [sample] = list;
  if (sample === undefined) throw new Fault('bad_value', 'first() called on vector with no elements');
  return sample;
}

function sampleField(sample: Value, field: 'Labels' | 'Value'): Value {
  const value = sample instanceof Struct ? sample.fields.get(field) : undefined;
  if (value === undefined) throw new Fault('bad_value', `expected a sample; got ${kindOf(sample)}`);
  return value;
}

function labelOf(sample: Value, name: string): Value {
  const labels = sampleField(sample, 'Labels');
  return isMap(labels) ? (labels.get(name) ?? '') : '';
}

function sortByLabel(name: string, list: Value): Value {
  if (!isList(list)) throw new Fault('bad_value', `expected a list of samples; got ${kindOf(list)}`);
  const key = (sample: Value): string => formatValue(labelOf(sample, name));
  return list.toSorted((left, right) => (key(left) < key(right) ? -1 : key(left) > key(right) ? 1 : 0));
}

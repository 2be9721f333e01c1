import { Fault } from '../fault.ts';
import type { Functions, TemplateFunction } from './evaluate.ts';
import { printf } from './printf.ts';
import { formatValue, isList, isMap, isTrue, kindOf, Struct, type Value } from './value.ts';

/** Names a function that takes between `least` and `most` arguments. */
export function define(
  name: string,
  least: number,
  most: number,
  run: (...args: Value[]) => Value,
): [string, TemplateFunction] {
  return [name, { least, most, run: (args) => run(...args) }];
}

const ANY = Infinity;

/** The functions that text/template has by itself, but for `call`: no value here is a function. */
export const builtins: Functions = new Map([
  // These two look only at the arguments that decide, which the evaluator sees to.
  define('and', 1, ANY, (...args) => args.find((arg) => !isTrue(arg)) ?? (args.at(-1) as Value)),
  define('or', 1, ANY, (...args) => args.find((arg) => isTrue(arg)) ?? (args.at(-1) as Value)),
  define('not', 1, 1, (value) => !isTrue(value)),
  define('eq', 2, ANY, (first, ...others) => others.some((other) => isEqual(first, other))),
  define('ne', 2, 2, (left, right) => !isEqual(left, right)),
  define('lt', 2, 2, (left, right) => isLess(left, right)),
  define('le', 2, 2, (left, right) => isLess(left, right) || isEqual(left, right)),
  define('gt', 2, 2, (left, right) => isLess(right, left)),
  define('ge', 2, 2, (left, right) => isLess(right, left) || isEqual(left, right)),
  define('len', 1, 1, (value) => length(value)),
  define('index', 1, ANY, (value, ...keys) => keys.reduce((of: Value, key) => index(of, key), value)),
  define('slice', 1, 3, (value, from, to) => slice(value, from, to)),
  define('print', 0, ANY, (...args) => print(args)),
  define('println', 0, ANY, (...args) => `${args.map(formatValue).join(' ')}\n`),
  define('printf', 1, ANY, (format, ...args) => printf(requireText(format), args)),
  define('html', 0, ANY, (...args) => escapeHtml(print(args))),
  define('js', 0, ANY, (...args) => escapeJs(print(args))),
  define('urlquery', 0, ANY, (...args) => escapeQuery(print(args))),
]);

export function requireText(value: Value): string {
  if (typeof value !== 'string') throw new Fault('bad_value', `expected string; got ${kindOf(value)}`);
  return value;
}

/** `fmt.Sprint`: a space between two operands when neither is a string. */
function print(args: readonly Value[]): string {
  let text = '';
  for (const [i, arg] of args.entries()) {
    if (i > 0 && typeof arg !== 'string' && typeof args[i - 1] !== 'string') text += ' ';
    text += formatValue(arg);
  }
  return text;
}

function isBasic(value: Value): boolean {
  return value === null || ['string', 'number', 'bigint', 'boolean'].includes(typeof value);
}

function isEqual(left: Value, right: Value): boolean {
  if (!isBasic(left) || !isBasic(right)) throw new Fault('bad_value', 'non-comparable type');
  if (left === null || right === null) return left === right;
  if (typeof left !== typeof right) throw new Fault('bad_value', 'incompatible types for comparison');
  return left === right;
}

function isLess(left: Value, right: Value): boolean {
  if (!isBasic(left) || !isBasic(right) || typeof left === 'boolean' || left === null || right === null) {
    throw new Fault('bad_value', 'invalid type for comparison');
  }
  if (typeof left !== typeof right) throw new Fault('bad_value', 'incompatible types for comparison');
  return left < right;
}

/** Strings count in bytes of UTF-8, as in Go. */
function length(value: Value): bigint {
  if (typeof value === 'string') return BigInt(Buffer.byteLength(value));
  if (isList(value)) return BigInt(value.length);
  if (isMap(value)) return BigInt(value.size);
  throw new Fault('bad_value', `len of type ${kindOf(value)}`);
}

function index(of: Value, key: Value): Value {
  if (isMap(of)) return of.get(requireText(key)) ?? '';
  if (typeof of === 'string')
    return BigInt(Buffer.from(of)[position(key, Buffer.byteLength(of) - 1)] as number);
  if (isList(of)) return of[position(key, of.length - 1)] as Value;
  throw new Fault('bad_value', `can't index item of type ${of instanceof Struct ? 'struct' : kindOf(of)}`);
}

function slice(value: Value, from: Value | undefined, to: Value | undefined): Value {
  if (typeof value !== 'string' && !isList(value)) {
    throw new Fault('bad_value', `can't slice item of type ${kindOf(value)}`);
  }
  const sliced = typeof value === 'string' ? Buffer.from(value) : value;
  const end = to === undefined ? sliced.length : position(to, sliced.length);
  const start = from === undefined ? 0 : position(from, end);
  return typeof value === 'string'
    ? Buffer.from(value).subarray(start, end).toString()
    : value.slice(start, end);
}

function position(value: Value, last: number): number {
  if (typeof value !== 'bigint')
    throw new Fault('bad_value', `cannot index slice/array with type ${kindOf(value)}`);
  if (value < 0n || value > BigInt(last)) throw new Fault('bad_value', `index out of range: ${value}`);
  return Number(value);
}

const HTML: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
  '\0': '\ufffd',
};

/** Text in which no character means anything to HTML, also within quotes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"'\0]/g, (char) => HTML[char] as string);
}

function escapeJs(text: string): string {
  return text.replace(/[\\'"<>&=\p{Cc}]/gu, (char) => {
    if (/[\\'"]/.test(char)) return `\\${char}`;
    return `\\u${(char.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')}`;
  });
}

/** Go's `url.QueryEscape`. */
export function escapeQuery(text: string): string {
  const escaped = encodeURIComponent(text.toWellFormed());
  const rest = escaped.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  return rest.replaceAll('%20', '+');
}

/**
 * The values that templates work on. A `number` is Go's float64 and a `bigint` its int, which print and compare
 * differently; a map has strings as keys, and a missing one is `''`; `null` is Go's nil.
 */
export type Value = string | number | bigint | boolean | null | List | StringMap | Struct;
export type List = readonly Value[];
export type StringMap = ReadonlyMap<string, Value>;

/** Named fields, of which a missing one is a fault. */
export class Struct {
  readonly fields: ReadonlyMap<string, Value>;

  constructor(fields: Readonly<Record<string, Value>>) {
    this.fields = new Map(Object.entries(fields));
  }
}

export function isList(value: Value): value is List {
  return Array.isArray(value);
}

export function isMap(value: Value): value is StringMap {
  return value instanceof Map;
}

/** What `if` and `with` take as true: anything but the empty value of its kind (Go `template.IsTrue`). */
export function isTrue(value: Value): boolean {
  if (isList(value)) return value.length > 0;
  if (isMap(value)) return value.size > 0;
  if (value instanceof Struct) return true;
  // Unlike in JavaScript, NaN is not the empty number.
  return typeof value === 'number' ? value !== 0 : Boolean(value);
}

/** Go's name of the kind, for faults. */
export function kindOf(value: Value): string {
  if (value === null) return 'nil';
  if (isList(value)) return 'slice';
  if (isMap(value)) return 'map';
  if (value instanceof Struct) return 'struct';
  return { string: 'string', number: 'float64', bigint: 'int', boolean: 'bool' }[
    typeof value as 'string' | 'number' | 'bigint' | 'boolean'
  ];
}

/** The value as Go's `fmt.Print` writes it (verb `%v`). */
export function formatValue(value: Value): string {
  if (value === null) return '<nil>';
  if (typeof value === 'number') return formatGeneral(value);
  if (isList(value)) return `[${value.map(formatValue).join(' ')}]`;
  if (isMap(value))
    return `map[${sorted(value)
      .map(([key, one]) => `${key}:${formatValue(one)}`)
      .join(' ')}]`;
  if (value instanceof Struct) return `{${[...value.fields.values()].map(formatValue).join(' ')}}`;
  return String(value);
}

/** Entries by key, in the order in which Go ranges over a map in a template. */
export function sorted(map: StringMap): [string, Value][] {
  return [...map].sort(([left], [right]) => (left < right ? -1 : 1));
}

/**
 * Go's `%g` with the given number of significant digits; without it as many as the number needs, where the
 * exponent is written from a million on whatever the digits (strconv `FormatFloat`).
 */
export function formatGeneral(value: number, precision?: number): string {
  if (!Number.isFinite(value)) return formatSpecial(value);
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const significant = precision === undefined ? undefined : Math.max(precision, 1);
  const scientific =
    significant === undefined ? value.toExponential() : toExponential(value, significant - 1);
  const [mantissa = '', power = ''] = scientific.split('e');
  const exponent = Number(power);
  const digits = trimZeros(mantissa);
  const limit = significant === undefined ? SHORTEST_LIMIT : significantLimit(significant, digits, exponent);
  if (exponent < -4 || exponent >= limit) return `${digits}e${formatExponent(exponent)}`;
  const decimals = Math.max(0, digits.replace(/^-?\d\.?/, '').length - exponent);
  return Number(scientific).toFixed(Math.min(decimals, 100));
}

const SHORTEST_LIMIT = 6;

/** Where there are fewer digits than asked for, those that there are decide about the exponent. */
function significantLimit(significant: number, digits: string, exponent: number): number {
  const count = digits.replace(/[-.]/g, '').length;
  return significant > count && count >= exponent + 1 ? count : significant;
}

export function formatExponent(exponent: number): string {
  return `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

export function formatSpecial(value: number): string {
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

function trimZeros(mantissa: string): string {
  return mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
}

/** As the methods of Number, which round a tie up where Go rounds it to the even digit. */
export function toExponential(value: number, digits: number): string {
  const [exact = '', exponent = ''] = value.toExponential(MOST_DIGITS).split('e');
  return evenTie(exact, digits, exponent) ?? value.toExponential(digits);
}

export function toFixed(value: number, digits: number): string {
  return evenTie(value.toFixed(MOST_DIGITS), digits, '') ?? value.toFixed(digits);
}

/** What Number gives at most; a tie lies within, as it has just one more digit than what is wanted. */
const MOST_DIGITS = 100;

function evenTie(exact: string, digits: number, exponent: string): string | undefined {
  const end = exact.indexOf('.') + 1 + digits;
  if (!/^50*$/.test(exact.slice(end))) return undefined;
  const kept = exact.slice(0, end).replace(/\.$/, '');
  if (!/[02468]$/.test(kept)) return undefined;
  return exponent === '' ? kept : `${kept}e${exponent}`;
}

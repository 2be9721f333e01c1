import {
  formatExponent,
  formatGeneral,
  formatSpecial,
  formatValue,
  isList,
  kindOf,
  toExponential,
  toFixed,
} from './value.ts';
import type { Value } from './value.ts';

const DIRECTIVE = /%([-+# 0]*)(\d+|\*)?(?:\.(\d*))?(.)?/gsu;

/** Widths and precisions beyond this would only fill memory. */
const MAX_WIDTH = 1000;

interface Form {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
}

/** Go's `fmt.Sprintf` for the kinds of values that templates have; what does not fit is told in the text, as Go does. */
export function printf(format: string, args: readonly Value[]): string {
  let used = 0;
  const text = format.replace(
    DIRECTIVE,
    (_, flags: string, width?: string, precision?: string, verb?: string) => {
      if (verb === undefined) return '%!(NOVERB)';
      if (verb === '%') return '%';
      if (width === '*') return '%!(BADWIDTH)';
      const form = {
        flags,
        width: Math.min(Number(width ?? 0), MAX_WIDTH),
        precision: precision === undefined ? undefined : Math.min(Number(precision), MAX_WIDTH),
      };
      if (used >= args.length) return `%!${verb}(MISSING)`;
      return one(verb, args[used++] as Value, form);
    },
  );
  const extra = args.slice(used).map((arg) => `${kindName(arg)}${formatValue(arg)}`);
  return extra.length === 0 ? text : `${text}%!(EXTRA ${extra.join(', ')})`;
}

function kindName(value: Value): string {
  return value === null ? '' : `${kindOf(value)}=`;
}

function one(verb: string, value: Value, form: Form): string {
  if (verb === 'v') {
    const plain = typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string';
    return plain ? (formatted(verbOf(value), value, form) as string) : pad(formatValue(value), form);
  }
  if (verb === 'T') return pad(value === null ? '<nil>' : kindOf(value), form);
  if (isList(value)) return `[${value.map((each) => one(verb, each, form)).join(' ')}]`;
  return formatted(verb, value, form) ?? `%!${verb}(${kindName(value)}${formatValue(value)})`;
}

function verbOf(value: Value): string {
  return { number: 'g', bigint: 'd' }[typeof value as 'number' | 'bigint'] ?? 's';
}

/** Undefined when the verb is not one for this kind of value. */
function formatted(verb: string, value: Value, form: Form): string | undefined {
  if (typeof value === 'string') return formatText(verb, value, form);
  if (typeof value === 'bigint') return formatInteger(verb, value, form);
  if (typeof value === 'number') return formatFloat(verb, value, form);
  return typeof value === 'boolean' && verb === 't' ? pad(String(value), form) : undefined;
}

function formatText(verb: string, value: string, form: Form): string | undefined {
  const cut = form.precision === undefined ? value : Array.from(value).slice(0, form.precision).join('');
  if (verb === 's') return pad(cut, form);
  if (verb === 'q') return pad(quote(cut), form);
  if (verb !== 'x' && verb !== 'X') return undefined;
  const hex = Buffer.from(value).toString('hex');
  return pad(verb === 'x' ? hex : hex.toUpperCase(), form);
}

/** A string as Go's `%q` writes it. */
export function quote(text: string): string {
  const escaped = JSON.stringify(text).replace(/\\u([\da-f]{4})/g, (whole, code: string) => {
    const special = { '0007': '\\a', '000b': '\\v' }[code];
    return special ?? (code.startsWith('00') ? `\\x${code.slice(2)}` : whole);
  });
  return escaped.replaceAll('\x7f', '\\x7f');
}

function formatInteger(verb: string, value: bigint, form: Form): string | undefined {
  const magnitude = value < 0n ? -value : value;
  const based = { d: 10, x: 16, X: 16, o: 8, b: 2 }[verb];
  if (based !== undefined) {
    const digits = magnitude.toString(based).padStart(form.precision ?? 0, '0');
    const prefix = form.flags.includes('#') && based === 16 ? `0${verb}` : '';
    return padNumber(value < 0n, prefix + (verb === 'X' ? digits.toUpperCase() : digits), form);
  }
  const isCharacter = magnitude <= 0x10ffffn && value >= 0n;
  const character = isCharacter ? String.fromCodePoint(Number(magnitude)) : '\ufffd';
  if (verb === 'c') return pad(character, form);
  if (verb === 'q') return pad(`'${character === "'" ? "\\'" : quote(character).slice(1, -1)}'`, form);
  return verb === 'U' ? pad(`U+${magnitude.toString(16).toUpperCase().padStart(4, '0')}`, form) : undefined;
}

function formatFloat(verb: string, value: number, form: Form): string | undefined {
  if (!/^[eEfFgG]$/.test(verb)) return undefined;
  const negative = value < 0 || Object.is(value, -0);
  if (!Number.isFinite(value)) {
    const text = formatSpecial(value).replace(/^-/, '');
    const plain = form.flags.includes('+') ? text : text.replace(/^\+/, '');
    // Only a finite number is filled with zeros.
    return pad(Number.isNaN(value) ? plain : `${negative ? '-' : '+'}Inf`, {
      ...form,
      flags: form.flags.replace('0', ''),
    });
  }
  const magnitude = Math.abs(value);
  const precision = Math.min(form.precision ?? 6, 100);
  let text: string;
  if (verb === 'f' || verb === 'F') text = fixed(magnitude, precision);
  else if (verb === 'e' || verb === 'E') {
    const [mantissa, exponent] = toExponential(magnitude, precision).split('e') as [string, string];
    text = `${mantissa}e${formatExponent(Number(exponent))}`;
  } else
    text = formatGeneral(magnitude, form.precision === undefined ? undefined : Math.min(form.precision, 100));
  return padNumber(negative, verb === 'E' || verb === 'G' ? text.toUpperCase() : text, form);
}

/** As `toFixed`, which from 1e21 on gives an exponent. */
function fixed(magnitude: number, precision: number): string {
  if (magnitude < 1e21) return toFixed(magnitude, precision);
  return BigInt(magnitude).toString() + (precision > 0 ? `.${'0'.repeat(precision)}` : '');
}

function padNumber(negative: boolean, digits: string, form: Form): string {
  const sign = negative ? '-' : form.flags.includes('+') ? '+' : form.flags.includes(' ') ? ' ' : '';
  const zeros = form.flags.includes('0') && !form.flags.includes('-');
  return zeros ? sign + digits.padStart(form.width - sign.length, '0') : pad(sign + digits, form);
}

function pad(text: string, { flags, width }: Form): string {
  const missing = width - Array.from(text).length;
  if (missing <= 0) return text;
  const fill = flags.includes('0') && !flags.includes('-') ? '0' : ' ';
  return flags.includes('-') ? text + ' '.repeat(missing) : fill.repeat(missing) + text;
}

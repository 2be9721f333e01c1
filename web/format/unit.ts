/**
 * Numbers as people read them: at most four significant digits, a unit beside the number and a fixed
 * number of decimals for a magnitude, so that a figure that changes does not change its width much.
 */

/** How a value is meant; ratios are 0..1 and shown as percent. */
export type Unit = 'ratio' | 'bytes' | 'bytes-per-second' | 'seconds' | 'cores' | 'per-second' | 'number';

/** Narrow no-break space: number and unit never part at a line's end. */
const GAP = '\u202f';
const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;
const LARGE = ['', 'k', 'M', 'G', 'T', 'P', 'E'] as const;
const SMALL = ['', 'm', 'µ', 'n'] as const;

/** The text of a value in its unit; `–` for what is no number, `∞` for infinities. */
export function formatValue(value: number | null | undefined, unit: Unit): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  return (value < 0 ? '−' : '') + FORMATS[unit](Math.abs(value));
}

const FORMATS: Readonly<Record<Unit, (size: number) => string>> = {
  ratio: (size) => `${formatPlain(size * 100)}${GAP}%`,
  bytes: (size) => formatScaled(size, 1024, BINARY),
  'bytes-per-second': (size) => `${formatScaled(size, 1024, BINARY)}/s`,
  seconds: formatSeconds,
  cores: formatPlain,
  'per-second': (size) => `${formatSi(size)}/s`,
  number: formatSi,
};

/** A duration of one or two parts: `640 µs`, `12.5 s`, `4 min 10 s`, `3 d 4 h`. */
export function formatSeconds(seconds: number): string {
  if (seconds === 0) return `0${GAP}s`;
  if (seconds < 1) {
    let magnitude = 1;
    while (magnitude < SMALL.length - 1 && seconds * 1000 ** magnitude < 1) magnitude++;
    return `${formatPlain(seconds * 1000 ** magnitude)}${GAP}${SMALL[magnitude]}s`;
  }
  if (seconds < 60) return `${formatPlain(seconds)}${GAP}s`;
  if (seconds < 3600) return twoParts(seconds, 60, 'min', 1, 's');
  if (seconds < 86_400) return twoParts(seconds, 3600, 'h', 60, 'min');
  return twoParts(seconds, 86_400, 'd', 3600, 'h');
}

function twoParts(
  seconds: number,
  large: number,
  largeName: string,
  small: number,
  smallName: string,
): string {
  const smalls = Math.floor(seconds / small);
  const ratio = large / small;
  const rest = smalls % ratio;
  const head = `${Math.floor(smalls / ratio)}${GAP}${largeName}`;
  return rest === 0 ? head : `${head} ${rest}${GAP}${smallName}`;
}

/** Prefixes from a thousand on: `1.25 k`; what is small stays a plain decimal as long as that can be read. */
function formatSi(size: number): string {
  if (size >= 1000) return formatScaled(size, 1000, LARGE);
  if (size === 0 || size >= 0.01) return formatPlain(size);
  return size >= 1e-4 ? String(Number(size.toPrecision(3))) : size.toExponential(1);
}

function formatScaled(size: number, base: number, names: readonly string[]): string {
  let scaled = size;
  let magnitude = 0;
  while (scaled >= base * 0.9995 && magnitude < names.length - 1) {
    scaled /= base;
    magnitude++;
  }
  const digits = magnitude === 0 && base === 1024 ? String(Math.round(scaled)) : formatPlain(scaled);
  const name = names[magnitude];
  return name ? `${digits}${GAP}${name}` : digits;
}

/** Two decimals below 10, one below 100, none above; zeros behind the point fall away. */
function formatPlain(size: number): string {
  if (size === Number.POSITIVE_INFINITY) return '∞';
  if (size >= 1e6) return size.toExponential(2);
  const decimals = size < 10 ? 2 : size < 100 ? 1 : 0;
  const text = size.toFixed(decimals);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

import { Fault } from './fault.ts';

const MS_OF = { y: 31_536_000_000, w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

const DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?$/;

/**
 * Milliseconds of a duration as Prometheus writes it: whole numbers with y, w, d, h, m, s, ms, from the largest
 * unit down (`5s`, `100ms`, `1h30m`); `0` needs no unit. A year has 365 days. Throws a Fault on anything else.
 */
export function parseDurationMs(text: string): number {
  if (text === '0') return 0;
  const parts = text === '' ? null : DURATION.exec(text);
  if (parts === null) throw new Fault('bad_duration', 'is not a duration such as 5s, 100ms or 1h30m');
  let ms = 0;
  for (const [index, unitMs] of Object.values(MS_OF).entries()) ms += Number(parts[index + 1] ?? 0) * unitMs;
  if (!Number.isSafeInteger(ms)) throw new Fault('bad_duration', 'is a longer duration than can be counted');
  return ms;
}

/** The shortest exact text that `parseDurationMs` reads back, of whole milliseconds: `1h30m`, `0s`. */
export function formatDurationMs(ms: number): string {
  let rest = ms;
  let text = '';
  for (const [unit, unitMs] of Object.entries(MS_OF)) {
    const count = Math.floor(rest / unitMs);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * unitMs;
  }
  return text === '' ? '0s' : text;
}

const BYTES = /^(\d+(?:\.\d+)?) ?([kmgtp]?)(i?)b?$/i;
const PREFIXES = 'kmgtp';

/**
 * Bytes of a size: a number with an optional unit, decimal (`512MB`, `2G`) or binary (`10GiB`, `64Mi`), in any
 * case; a fraction is rounded to whole bytes. Throws a Fault on anything else.
 */
export function parseBytes(text: string): number {
  const [, number, prefix = '', binary] = BYTES.exec(text) ?? [];
  if (number === undefined || (prefix === '' && binary !== '')) {
    throw new Fault('bad_size', 'is not a size such as 10GiB, 512MB or 1048576');
  }
  const power = prefix === '' ? 0 : PREFIXES.indexOf(prefix.toLowerCase()) + 1;
  const bytes = Math.round(Number(number) * (binary === '' ? 1000 : 1024) ** power);
  if (!Number.isSafeInteger(bytes)) throw new Fault('bad_size', 'is a larger size than can be counted');
  return bytes;
}

/** The shortest exact text that `parseBytes` reads back: `256MiB`, `512MB`, `1001B`. */
export function formatBytes(bytes: number): string {
  if (bytes === 0) return '0B';
  for (let power = PREFIXES.length; power > 0; power--) {
    const prefix = (PREFIXES[power - 1] as string).toUpperCase();
    if (bytes % 1024 ** power === 0) return `${bytes / 1024 ** power}${prefix}iB`;
    if (bytes % 1000 ** power === 0) return `${bytes / 1000 ** power}${prefix === 'K' ? 'k' : prefix}B`;
  }
  return `${bytes}B`;
}

import { CUT_MARK } from './line-splitter.ts';

export interface JournalEntry {
  readonly cursor: string;
  readonly timeNs: bigint;
  readonly line: string;
  /** Empty for what comes from no unit, as the kernel. */
  readonly unit: string;
  readonly level: string;
  readonly isCut: boolean;
}

/** By syslog priority, in the words that Grafana knows. */
const LEVELS = ['emerg', 'alert', 'critical', 'error', 'warning', 'notice', 'info', 'debug'];

/**
 * An entry as `journalctl -o json` prints it: every field is a text, a list of bytes when it is not UTF-8, a
 * list of such when the field is there more than once, or null. Undefined when it is no entry.
 */
export function readJournalEntry(json: string, maxLineBytes: number): JournalEntry | undefined {
  let fields: Record<string, unknown> | null;
  try {
    fields = JSON.parse(json) as Record<string, unknown> | null;
  } catch {
    return undefined;
  }
  const cursor = fields?.['__CURSOR'];
  const time = fields?.['__REALTIME_TIMESTAMP'];
  if (!fields || typeof cursor !== 'string' || typeof time !== 'string' || !/^\d{1,17}$/.test(time))
    return undefined;
  const message = textOf(fields['MESSAGE'])
    .replace(/\0+/g, '\ufffd')
    .replace(/\r?\n$/, '');
  const isCut = message.length * 3 > maxLineBytes && Buffer.byteLength(message) > maxLineBytes;
  return {
    cursor,
    timeNs: BigInt(time) * 1000n,
    line: isCut ? cut(message, maxLineBytes) : message,
    unit: textOf(fields['_SYSTEMD_UNIT']),
    level: LEVELS[Number.parseInt(textOf(fields['PRIORITY']), 10)] ?? '',
    isCut,
  };
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return '';
  if (value.every((byte) => Number.isInteger(byte))) return Buffer.from(value as number[]).toString();
  return value.map(textOf).join('\n');
}

function cut(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  let end = maxBytes;
  while (((bytes[end] as number) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end) + CUT_MARK;
}

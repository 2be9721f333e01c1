import type { SentLine } from '../log/log-line.ts';
import { LEVELS } from '../log/level.ts';
import type { Level } from '../log/level.ts';
import { decodeEnvelope, isObject, labelsOf, unreadable } from './answer.ts';
import type { Json, LabelRecord } from './answer.ts';

/** Lines in the order that was asked for. */
export interface LogPage {
  readonly lines: readonly SentLine[];
  /** Where the next page begins; null when there is none. */
  readonly next: string | null;
  /** Where a tail goes on without a gap; null when the server does not say. */
  readonly tail: string | null;
  readonly warnings: readonly string[];
}

/** Lines that have just come in, oldest first. */
export interface TailedLines {
  readonly lines: readonly SentLine[];
  /** Lines that the server left out because there were too many; null: some, it does not know how many. */
  readonly dropped: number | null;
}

export interface LogHistogram {
  /** Begins of the buckets, seconds, one step apart. */
  readonly times: readonly number[];
  readonly stepSeconds: number;
  readonly counts: Readonly<Record<Level, readonly number[]>>;
  readonly warnings: readonly string[];
}

/** Decodes the body of `/api/logs`. */
export function decodeLogPage(body: unknown): LogPage {
  const { data, warnings } = decodeEnvelope(body);
  if (!isObject(data)) throw unreadable('data is no object');
  const { next, tail } = data;
  return {
    lines: linesOf(data),
    next: typeof next === 'string' ? next : null,
    tail: typeof tail === 'string' ? tail : null,
    warnings,
  };
}

/** Decodes the data of one event of `/api/logs/tail`. */
export function decodeTailEvent(text: string): TailedLines {
  const data: unknown = JSON.parse(text);
  if (!isObject(data)) throw unreadable('an event is no object');
  const { dropped = 0 } = data;
  return { lines: linesOf(data), dropped: typeof dropped === 'number' ? dropped : null };
}

/** Decodes the body of `/api/logs/histogram`; a level that it does not name has no lines. */
export function decodeHistogram(body: unknown): LogHistogram {
  const { data, warnings } = decodeEnvelope(body);
  if (!isObject(data) || !isObject(data['levels'])) throw unreadable('data has no levels');
  const { startMs, stepMs, levels } = data;
  if (typeof startMs !== 'number' || typeof stepMs !== 'number')
    throw unreadable('data has no startMs, stepMs');
  const counts = LEVELS.map((level) => [level, numbersOf(levels[level])] as const);
  const length = Math.max(...counts.map(([, numbers]) => numbers.length));
  return {
    times: Array.from({ length }, (_, i) => (startMs + i * stepMs) / 1000),
    stepSeconds: stepMs / 1000,
    counts: Object.fromEntries(counts) as Record<Level, number[]>,
    warnings,
  };
}

/** Lines name their stream by its index, so that its labels are sent once. */
function linesOf(data: Json): SentLine[] {
  const { lines, streams } = data;
  if (!Array.isArray(lines) || !Array.isArray(streams)) throw unreadable('data has no lines and streams');
  const labels: readonly LabelRecord[] = streams.map(labelsOf);
  return lines.map((sent: unknown) => {
    if (!isObject(sent) || typeof sent['timeNs'] !== 'string' || !/^-?\d{1,19}$/.test(sent['timeNs'])) {
      throw unreadable('a line has no timeNs');
    }
    const stream = typeof sent['stream'] === 'number' ? labels[sent['stream']] : undefined;
    if (!stream || typeof sent['line'] !== 'string') throw unreadable('a line has no stream or no text');
    return { timeNs: BigInt(sent['timeNs']), labels: stream, text: sent['line'] };
  });
}

function numbersOf(value: unknown): number[] {
  return Array.isArray(value) ? value.map(Number) : [];
}

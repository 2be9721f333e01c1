import { labelsFrom, labelsKey, printLabels, type Labels } from '../../wire/labels.ts';
import type { PackedLogStream } from '../../wire/log-section.ts';
import type { LineCondition, LogPage, LogSearch } from './log-store.ts';

export type Line = readonly [atNs: bigint, text: string];

/** Lines of one stream as a batch brings them. */
export function streamOf(record: Record<string, string>, lines: readonly Line[]): PackedLogStream {
  const texts = lines.map(([, text]) => Buffer.from(text));
  let end = 0;
  return {
    labels: labelsFrom(record),
    timesNs: BigInt64Array.from(lines, ([atNs]) => atNs),
    ends: Uint32Array.from(texts, ({ length }) => (end += length)),
    bytes: Buffer.concat(texts),
  };
}

/** A found line, to be looked at. */
export type Shown = readonly [stream: string, atNs: bigint, text: string];

export function show({ streams, lines }: Pick<LogPage, 'streams' | 'lines'>): Shown[] {
  return lines.map(({ stream, timeNs, text }) => [
    printLabels(streams[stream] as Labels),
    timeNs,
    Buffer.from(text).toString(),
  ]);
}

/** The store as an array. */
export class LogTwin {
  readonly #lines: { labels: Labels; atNs: bigint; text: string; arrival: number }[] = [];

  add({ labels }: PackedLogStream, lines: readonly Line[]): void {
    for (const [atNs, text] of lines) this.#lines.push({ labels, atNs, text, arrival: this.#lines.length });
  }

  search({ matchers, conditions, fromNs, toNs, direction }: LogSearch): Shown[] {
    const found = this.#lines.filter(
      ({ labels, atNs, text }) =>
        atNs >= fromNs &&
        atNs <= toNs &&
        matchers.every(({ name, value }) => labels[labels.indexOf(name) + 1] === value) &&
        conditions.every((condition) => holds(condition, text)),
    );
    found.sort((a, b) => {
      if (a.atNs !== b.atNs) return a.atNs < b.atNs ? -1 : 1;
      const [left, right] = [labelsKey(a.labels), labelsKey(b.labels)];
      return left === right ? a.arrival - b.arrival : left < right ? -1 : 1;
    });
    if (direction === 'backward') found.reverse();
    return found.map(({ labels, atNs, text }) => [printLabels(labels), atNs, text]);
  }
}

function holds({ kind, text, ignoreCase }: LineCondition, line: string): boolean {
  if (kind === 'regex') return new RegExp(text, ignoreCase ? 'iu' : 'u').test(line);
  return ignoreCase ? line.toLowerCase().includes(text.toLowerCase()) : line.includes(text);
}

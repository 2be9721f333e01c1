import type { FoundLine, LogSearch } from '../log-store.ts';
import type { MetStream } from './place.ts';

/** A line with its place in the order of all lines. */
export interface Candidate {
  readonly timeNs: bigint;
  readonly stream: MetStream;
  readonly rank: number;
  /** Number within the part. */
  readonly line: number;
  /** A copy: the block that held it is let go. */
  readonly text: Uint8Array;
}

/**
 * Keeps the lines that come first in the order of a search, of all that are offered: so many that a page can be
 * cut from them and one knows whether there are more. What they are is always the begin of the true order, so
 * a page that must end early for its size has its continuation.
 */
export class BestLines {
  readonly #search: LogSearch;
  readonly #sign: 1 | -1;
  #wanted: number;
  #kept: Candidate[] = [];
  #bytes = 0;
  #cut = false;
  #bound: bigint | undefined;

  constructor(search: LogSearch) {
    this.#search = search;
    this.#sign = search.direction === 'backward' ? -1 : 1;
    this.#wanted = search.skip + search.maxLines + 1;
  }

  /**
   * As of the last `settle`: a line that lies behind this time can't get in any more. Undefined while there is
   * room.
   */
  get bound(): bigint | undefined {
    return this.#bound;
  }

  /** How many lines of one part can get in at most. */
  get wanted(): number {
    return this.#wanted;
  }

  add(candidate: Candidate): void {
    this.#kept.push(candidate);
    this.#bytes += candidate.text.length;
    if (this.#kept.length >= 2 * this.#wanted || this.#bytes > 2 * this.#search.maxBytes) this.settle();
  }

  /** Brings the lines in order and lets go of those that are too many. */
  settle(): void {
    const { skip, maxBytes } = this.#search;
    this.#kept.sort((a, b) => this.#sign * compare(a, b));
    let count = 0;
    this.#bytes = 0;
    for (const { text } of this.#kept) {
      if (count >= this.#wanted) break;
      if (count > skip && this.#bytes + text.length > maxBytes) {
        // What comes later can only push these out, so no more than these are ever wanted.
        this.#wanted = count;
        this.#cut = true;
        break;
      }
      if (count >= skip) this.#bytes += text.length;
      count++;
    }
    this.#kept.length = count;
    if (count >= this.#wanted) this.#bound = this.#kept.at(-1)?.timeNs;
  }

  /** The page; `next` when there is more. */
  page(): { lines: FoundLine[]; streams: MetStream[]; next?: { timeNs: bigint; skip: number } } {
    this.settle();
    const { skip, maxLines } = this.#search;
    const end = Math.min(this.#kept.length, skip + maxLines);
    const more = this.#kept.length > end || (this.#cut && end > skip);
    const streams = new Map<MetStream, number>();
    const lines = this.#kept.slice(skip, end).map(({ timeNs, stream, text }) => {
      const number = streams.get(stream) ?? streams.size;
      streams.set(stream, number);
      return { timeNs, stream: number, text };
    });
    const timeNs = this.#kept[end - 1]?.timeNs;
    if (!more || timeNs === undefined) return { lines, streams: [...streams.keys()] };
    let same = 0;
    while (this.#kept[end - 1 - same]?.timeNs === timeNs) same++;
    return { lines, streams: [...streams.keys()], next: { timeNs, skip: same } };
  }
}

function compare(a: Candidate, b: Candidate): number {
  if (a.timeNs !== b.timeNs) return a.timeNs < b.timeNs ? -1 : 1;
  if (a.stream !== b.stream) return a.stream.key < b.stream.key ? -1 : 1;
  return a.rank - b.rank || a.line - b.line;
}

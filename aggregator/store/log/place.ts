import { Fault } from '../../../lib/fault.ts';
import { labelsKey, type Labels } from '../../../wire/labels.ts';
import type { LogStats } from '../log-store.ts';
import type { LineBlock } from './line-block.ts';

/** A stream that a query met, the same for all places where it has lines. */
export interface MetStream {
  readonly number: number;
  readonly key: string;
  readonly labels: Labels;
}

/** Lines of one stream that lie together. */
export interface Part {
  readonly stream: MetStream;
  /** Parts of one stream came in the order of their ranks. */
  readonly rank: number;
  readonly lines: number;
  readonly minNs: bigint;
  readonly maxNs: bigint;
  /** Undefined when they are damaged, which was told. */
  read(): LineBlock | undefined;
}

/** What is unpacked at once: a block, or a run of the head. */
export interface Place {
  readonly minNs: bigint;
  readonly maxNs: bigint;
  /** The parts that are wanted; what they unpack is let go with them. */
  open(): readonly Part[];
}

/** The streams of one query, numbered as they are met; past the limit a `Fault` `limit`. */
export class MetStreams {
  readonly #maxStreams: number;
  readonly #known = new Map<string, MetStream>();

  constructor(maxStreams: number) {
    this.#maxStreams = maxStreams;
  }

  meet(labels: Labels): MetStream {
    const key = labelsKey(labels);
    const known = this.#known.get(key);
    if (known) return known;
    if (this.#known.size >= this.#maxStreams) {
      throw new Fault(
        'limit',
        `the query meets more than ${this.#maxStreams} log streams (setting query.max-series): select fewer`,
      );
    }
    const stream = { number: this.#known.size, key, labels };
    this.#known.set(key, stream);
    return stream;
  }

  all(): MetStream[] {
    return [...this.#known.values()];
  }
}

/** Unpacks a part and counts what that took. */
export function readPart(part: Part, stats: LogStats): LineBlock | undefined {
  const lines = part.read();
  if (lines === undefined) return undefined;
  stats.scannedBytes += lines.bytes.length;
  stats.scannedLines += part.lines;
  return lines;
}

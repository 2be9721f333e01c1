import type { LineCondition, TailPosition, TimeRangeNs } from '../../store/log-store.ts';

/** Which lines: a selector as the asker wrote it (empty: all streams), and what their text must hold. */
export interface LogSelection {
  readonly selector: string;
  readonly conditions: readonly LineCondition[];
}

/** What can be asked of the lines. */
export type LogQuestion =
  | ({
      readonly kind: 'search';
      readonly direction: 'backward' | 'forward';
      readonly maxLines: number;
      readonly maxBytes: number;
      readonly skip: number;
    } & LogSelection &
      TimeRangeNs)
  | ({ readonly kind: 'histogram'; readonly stepMs: number } & LogSelection & TimeRangeNs)
  /** Names of labels. */
  | ({ readonly kind: 'labels'; readonly selector: string } & TimeRangeNs)
  | ({ readonly kind: 'values'; readonly name: string; readonly selector: string } & TimeRangeNs)
  | ({
      readonly kind: 'tail';
      /** Undefined: from now on. */
      readonly position: TailPosition | undefined;
      readonly maxLines: number;
    } & LogSelection);

/** A pair of numbers as the API writes it: the cursor of a page, the position of a tail. */
export function printPair(first: bigint | number, second: number): string {
  return `${first}.${second}`;
}

/** Undefined when the text is no such pair. */
export function parsePair(text: string): { first: bigint; second: number } | undefined {
  const [, first, second] = /^(-?\d{1,19})\.(\d{1,9})$/.exec(text) ?? [];
  return first === undefined ? undefined : { first: BigInt(first), second: Number(second) };
}

import { labelValue } from '../../../wire/labels.ts';
import type { Head } from '../head/head.ts';
import { findSeries } from '../label-index.ts';
import type { FoundLine, LogFilter, LogLimits, LogStats, TailedLines, TailPosition } from '../log-store.ts';
import { mayRead, type Scope } from '../scope.ts';
import { startOf } from './line-block.ts';
import { LineFilter } from './line-filter.ts';
import { MetStreams } from './place.ts';

/**
 * The lines that came after a position, in order of arrival, of heads in their order; the newest `maxLines` of
 * those that pass. A position whose head is gone is too old: what came since is not told then.
 */
export function tailHeads(
  heads: readonly Head[],
  scope: Scope,
  filter: LogFilter,
  position: TailPosition | undefined,
  maxLines: number,
  limits: LogLimits,
): Omit<TailedLines, 'position'> {
  const passes = new LineFilter(filter.conditions);
  const met = new MetStreams(limits.maxSeries);
  const stats: LogStats = { scannedBytes: 0, scannedLines: 0, blocks: 0 };
  let lines: FoundLine[] = [];
  let dropped = 0;
  const known = position !== undefined && heads.some(({ id }) => id === position.head);
  for (const head of known ? heads.filter(({ id }) => id >= position.head) : []) {
    const first = head.id === position?.head ? position.run : 0;
    if (first >= head.logs.runCount) continue;
    const wanted = new Set(findSeries(head.logs.index, scope, filter.matchers));
    for (let run = first; run < head.logs.runCount; run++) {
      if (!wanted.has(head.logs.streamOf(run))) continue;
      limits.checkDeadline();
      tailRun(head, run);
      if (lines.length >= 2 * maxLines) cut();
    }
  }
  cut();
  const late = position !== undefined && !known;
  return {
    streams: met.all().map(({ labels }) => labels),
    lines,
    dropped: late ? undefined : dropped,
    stats,
  };

  function tailRun({ logs }: Head, run: number): void {
    const labels = logs.index.labelsOf(logs.streamOf(run));
    if (!mayRead(scope, labelValue(labels, 'namespace')))
      throw new Error('BUG: a stream out of scope was found');
    const { timesNs, ends, bytes } = logs.packedLinesOf(run);
    const block = { timesNs, ends, bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
    stats.blocks++;
    stats.scannedBytes += bytes.length;
    stats.scannedLines += ends.length;
    passes.each(block, 0, ends.length, (line) => {
      const text = new Uint8Array(block.bytes.subarray(startOf(block, line), ends[line]));
      lines.push({ stream: met.meet(labels).number, timeNs: timesNs[line] as bigint, text });
    });
  }

  function cut(): void {
    if (lines.length <= maxLines) return;
    dropped += lines.length - maxLines;
    lines = lines.slice(-maxLines);
  }
}

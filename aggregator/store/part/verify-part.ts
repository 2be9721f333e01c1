import { reasonOf } from '../../../lib/fault.ts';
import type { PartReader } from './part-reader.ts';

/**
 * Reads all of a part and tells in words what is wrong with it. Damaged blocks are told as their source tells them.
 * `statistics`: in a tier's part a series has so many pieces of the same times.
 */
export function* verifyPart(part: PartReader, statistics?: number): Generator<string, undefined> {
  const { directory } = part;
  let symbols = 0;
  let before: string | undefined;
  yield* told(function* () {
    for (const text of part.symbols.texts()) {
      if (before !== undefined && before >= text) yield `symbol ${symbols} is not in order`;
      before = text;
      symbols++;
    }
    if (symbols !== directory.symbolCount)
      yield `it has ${symbols} symbols, its directory says ${directory.symbolCount}`;
  });
  for (let block = 0; block < part.metricBlocks; block++) {
    yield* told(function* () {
      for (const metric of part.metricsOf(block)) {
        for (const label of metric.labelNames) {
          const fault = faultOf(() => part.columnOf(metric, label));
          if (fault !== undefined) yield fault;
        }
      }
    });
    part.forget();
  }
  yield* verifySeries(part, statistics);
}

function* verifySeries(part: PartReader, statistics: number | undefined): Generator<string, undefined> {
  const { directory } = part;
  let samples = 0;
  let isWhole = true;
  for (let series = 0; series < directory.seriesCount; series++) {
    const faults = told(function* () {
      let lastMs = directory.fromMs - 1;
      const pieces = part.piecesOf(series);
      if (statistics !== undefined && pieces.length !== statistics)
        yield `series ${series} has ${pieces.length} statistics`;
      for (const piece of pieces) {
        part.valuesOf(piece);
        if (statistics !== undefined) lastMs = directory.fromMs - 1;
        for (const atMs of part.timesOf(piece)) {
          if (atMs <= lastMs) yield `series ${series} has times out of order`;
          lastMs = atMs;
        }
        samples += piece.rows;
      }
      if (lastMs > directory.toMs) yield `series ${series} has samples after the last of the part`;
    });
    for (const fault of faults) {
      isWhole = false;
      yield fault;
    }
  }
  if (isWhole && samples !== directory.sampleCount) {
    yield `it has ${samples} samples, its directory says ${directory.sampleCount}`;
  }
}

function* told(check: () => Generator<string, unknown>): Generator<string, undefined> {
  try {
    yield* check();
  } catch (thrown) {
    yield reasonOf(thrown);
  }
}

function faultOf(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (thrown) {
    return reasonOf(thrown);
  }
}

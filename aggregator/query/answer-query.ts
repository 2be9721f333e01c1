import type { Clock } from '../../lib/clock.ts';
import { TRUNCATED } from './envelope.ts';
import { toPrometheusJson } from './promql/json.ts';
import type { QueryLimits } from './promql/limits.ts';
import type { QueryResult } from './promql/query.ts';
import type { QueryQuestion } from './task.ts';

/** Runs a query and tells its result, as much of it as was asked for, and what it cost, if asked. */
export function answerQuery(
  { limit = 0, stats = false }: Pick<QueryQuestion, 'limit' | 'stats'>,
  limits: QueryLimits,
  clock: Clock,
  run: (limits: QueryLimits) => QueryResult,
): Uint8Array {
  const usage = { samples: 0, peakSamples: 0 };
  const startMs = clock.monotonicMs();
  const whole = run({ ...limits, usage });
  const seconds = (clock.monotonicMs() - startMs) / 1000;
  const cost = {
    timings: { evalTotalTime: seconds, execTotalTime: seconds },
    samples: { totalQueryableSamples: usage.samples, peakSamples: usage.peakSamples },
  };
  return toPrometheusJson(cut(whole, limit), stats ? cost : undefined);
}

/** The first series of a result; 0 is no limit. */
function cut(whole: QueryResult, limit: number): QueryResult {
  const warnings = [...whole.warnings, TRUNCATED];
  if (limit > 0 && whole.type === 'vector' && whole.samples.length > limit)
    return { ...whole, samples: whole.samples.slice(0, limit), warnings };
  if (limit > 0 && whole.type === 'matrix' && whole.series.length > limit)
    return { ...whole, series: whole.series.slice(0, limit), warnings };
  return whole;
}

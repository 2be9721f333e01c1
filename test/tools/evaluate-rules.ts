import { join } from 'node:path';

import { Registry } from 'prom-client';
import { expect } from 'vitest';

import { MemoryReader, type MemorySeries } from '../../aggregator/query/promql/fakes/memory-reader.ts';
import { queryInstant } from '../../aggregator/query/promql/query.ts';
import { everything } from '../../aggregator/store/scope.ts';
import { Engine } from '../../alerting/engine.ts';
import type { Notification } from '../../alerting/notify/notification.ts';
import type { Query } from '../../alerting/query.ts';
import { readRuleFiles } from '../../alerting/rules/read-rule-files.ts';
import { FakeClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import { atEnd } from './at-end.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** The time between two evaluations. */
export const RULE_STEP_MS = 15_000;

/** Rules to evaluate, over which series, from when on and for how long. */
interface RulesToEvaluate {
  readonly file: string;
  readonly series: readonly MemorySeries[];
  readonly startMs: number;
  readonly minutes: number;
}

/** Lets the real engine and the real PromQL run over made-up series, and gives what was notified. */
export async function evaluateRules({
  file,
  series,
  startMs,
  minutes,
}: RulesToEvaluate): Promise<Notification[]> {
  const reader = new MemoryReader(series);
  const limits = { maxSamples: 1e7, maxSeries: 1000, maxSteps: 11_000, checkDeadline() {} };
  const query: Query = async (expr, timeMs) => {
    const result = queryInstant(reader, everything, { query: expr, timeMs, lookbackMs: 300_000, limits });
    if (result.type !== 'vector') throw new Error(`${expr} gives a ${result.type}`);
    return result.samples;
  };
  const clock = new FakeClock(startMs);
  const sent: Notification[] = [];
  const engine = new Engine({
    read: readRuleFiles([file]),
    file: join(temporaryFolder(), 'state.db'),
    intervalMs: RULE_STEP_MS,
    externalUrl: 'http://page',
    externalLabels: new Map(),
    repeatMs: 86_400_000,
    historyAgeMs: 86_400_000,
    notificationAgeMs: 86_400_000,
    query,
    clock,
    log: silentLog,
    registry: new Registry(),
    receivers: () => [{ name: 'r', send: async (notification) => void sent.push(notification) }],
  });
  engine.start();
  atEnd(() => engine.close());
  for (let i = 0; i < minutes * 4; i++) {
    await clock.advance(RULE_STEP_MS);
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(engine.checks.map((check) => check.run())).toEqual([undefined, undefined, undefined]);
  return sent;
}

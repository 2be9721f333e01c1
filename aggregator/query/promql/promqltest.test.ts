import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { Fault } from '../../../lib/fault.ts';
import { labelsKey, printLabels } from '../../../wire/labels.ts';
import type { Buckets, NativeHistogram } from '../../store/native-histogram.ts';
import { everything } from '../../store/scope.ts';
import type { Eval, ScriptValue } from './fakes/promqltest.ts';
import { readScript } from './fakes/promqltest.ts';
import type { QueryResult } from './query.ts';
import { queryInstant, queryRange } from './query.ts';

/** Prometheus's scripts, and our own. */
const FOLDERS = ['promqltest', 'scripts'].map((name) => join(import.meta.dirname, '../fixtures', name));

/** What the scripts ask for and is not there yet: lines of evals, each of which must fail. */
const MISSING: readonly { why: string; file: string; lines: readonly number[] }[] = [];

const LIMITS = { maxSamples: 50_000_000, maxSeries: 100_000, maxSteps: 11_000, checkDeadline() {} };
const LOOKBACK_MS = 300_000;

const FILES = FOLDERS.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));

for (const path of FILES.filter((name) => name.endsWith('.test'))) {
  const evals = readScript(readFileSync(path, 'utf8'));
  const file = basename(path);

  describe(file, () => {
    const missing = new Set(MISSING.filter((entry) => entry.file === file).flatMap((entry) => entry.lines));

    test('has evals, and those that are missing are among them', () => {
      expect(evals.length).toBeGreaterThan(5);
      expect([...missing].filter((line) => !evals.some((one) => one.line === line))).toEqual([]);
    });

    test.each(evals.map((one) => [`${one.line}: ${one.query}`, one] as const))('%s', (_, one) => {
      if (missing.has(one.line)) expect(() => expectAll(one)).toThrow();
      else expectAll(one);
    });
  });
}

function expectAll(one: Eval): void {
  if (one.fails) return expectFailure(one);
  const result = run(one);
  expectRemarks(one, result);
  if (one.scalar !== undefined) {
    expect(result.type).toBe('scalar');
    if (result.type === 'scalar') expectNear(result.value, one.scalar);
  } else if (one.text !== undefined) {
    expect(result).toMatchObject({ type: 'string', text: one.text });
  } else {
    compare(one, result);
    if (one.stepMs === undefined && !one.ordered && result.type === 'vector') compareMiddle(one);
  }
}

function run(one: Eval): QueryResult {
  const common = { query: one.query, lookbackMs: LOOKBACK_MS, limits: LIMITS };
  if (one.stepMs === undefined)
    return queryInstant(one.reader, everything, { ...common, timeMs: one.startMs });
  const { startMs, endMs, stepMs } = one;
  return queryRange(one.reader, everything, { ...common, startMs, endMs, stepMs });
}

/** An instant query is also the middle step of a range query. */
function compareMiddle(one: Eval): void {
  const stepMs = 60_000;
  const { startMs: atMs } = one;
  const result = run({ ...one, startMs: atMs - stepMs, endMs: atMs + stepMs, stepMs });
  if (result.type !== 'matrix') throw new Error(`a range query gave a ${result.type}`);
  const samples = result.series.flatMap(({ labels, timestampsMs, values, histograms }) => {
    const at = timestampsMs.indexOf(atMs);
    const histogram = histograms?.[at];
    return at < 0 ? [] : [{ labels, value: values[at] as number, ...(histogram && { histogram }) }];
  });
  compare(one, { ...result, type: 'vector', timeMs: atMs, samples });
}

function compare(one: Eval, result: QueryResult): void {
  const rows = rowsOf(one, result);
  expect(rows.map(({ key }) => key).sort()).toEqual(one.series.map(({ labels }) => labelsKey(labels)).sort());
  for (const [i, { labels, values }] of one.series.entries()) {
    const key = labelsKey(labels);
    const row = one.ordered ? rows[i] : rows.find((other) => other.key === key);
    if (one.ordered) expect(row?.key, `place ${i + 1} is ${printLabels(labels)}`).toBe(key);
    for (const [step, want] of values.entries()) expectNear(row?.values[step], want, printLabels(labels));
    expect(row?.values.length).toBeLessThanOrEqual(Math.max(values.length, steps(one)));
  }
}

function steps({ startMs, endMs, stepMs }: Eval): number {
  return stepMs === undefined ? 1 : Math.floor((endMs - startMs) / stepMs) + 1;
}

function rowsOf(one: Eval, result: QueryResult): { key: string; values: ScriptValue[] }[] {
  if (result.type === 'vector') {
    return result.samples.map(({ labels, value, histogram }) => ({
      key: labelsKey(labels),
      values: [histogram ?? value],
    }));
  }
  if (result.type !== 'matrix') throw new Error(`expected series, got a ${result.type}`);
  return result.series.map(({ labels, timestampsMs, values, histograms }) => {
    const row: ScriptValue[] = Array.from({ length: steps(one) }, () => 'gap');
    timestampsMs.forEach(
      (ms, i) => (row[(ms - one.startMs) / (one.stepMs ?? 1)] = histograms?.[i] ?? (values[i] as number)),
    );
    return { key: labelsKey(labels), values: row };
  });
}

/** Equal within the tolerance of Prometheus's own runner. */
function expectNear(got: ScriptValue | undefined, want: ScriptValue, what = ''): void {
  if (typeof want === 'object') return expectHistogram(got, want, what);
  if (typeof got !== 'number' || typeof want !== 'number' || !Number.isFinite(want)) {
    expect(got, what).toBe(want === 0 ? 0 : want);
    return;
  }
  const error = Math.abs(got - want);
  expect(error <= 1e-6 * Math.max(Math.abs(got), Math.abs(want)), `${what}: got ${got}, want ${want}`).toBe(
    true,
  );
}

function expectHistogram(got: ScriptValue | undefined, want: NativeHistogram, what: string): void {
  if (typeof got !== 'object') return expect(got, what).toEqual(want);
  const [gotBuckets, wantBuckets] = [got, want].map((one) => [...one.positive, ...one.negative]);
  const layout = ({ schema, zeroThreshold, bounds, positive, negative }: NativeHistogram): unknown => {
    return [schema, zeroThreshold, bounds, ...[positive, negative].map((all) => all.map(([index]) => index))];
  };
  expect(layout(got), what).toEqual(layout(want));
  if (want.resetHint !== 0) expect(got.resetHint, what).toBe(want.resetHint);
  const numbers = (one: NativeHistogram, buckets: Buckets | undefined): number[] => [
    one.count,
    one.sum,
    one.zeroCount,
    ...(buckets ?? []).map(([, count]) => count),
  ];
  const wanted = numbers(want, wantBuckets);
  for (const [i, value] of numbers(got, gotBuckets).entries()) expectNear(value, wanted[i] as number, what);
}

function expectRemarks(one: Eval, result: QueryResult): void {
  if (one.warns !== undefined) expect(result.warnings.length > 0, result.warnings.join()).toBe(one.warns);
  if (one.infos !== undefined) expect(result.infos.length > 0, result.infos.join()).toBe(one.infos);
  for (const { kind, text } of one.messages) {
    const told = kind === 'warn' ? result.warnings : result.infos;
    expect(told.map((message) => message.replace(/ \(\d+:\d+\)$/, ''))).toContain(text);
  }
}

function expectFailure(one: Eval): void {
  let thrown: unknown;
  try {
    run(one);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(Fault);
  const { message } = thrown as Fault;
  expect(message).not.toMatch(/not supported yet/);
  for (const { kind, text } of one.messages) {
    if (kind === 'fail') expect(message).toContain(text);
    if (kind === 'fail-regex') expect(message).toMatch(new RegExp(text));
  }
}

import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { Fault } from '../../../lib/fault.ts';
import { labelsKey, printLabels } from '../../../wire/labels.ts';
import { everything } from '../../store/scope.ts';
import type { Eval, ScriptValue } from './fakes/promqltest.ts';
import { readScript } from './fakes/promqltest.ts';
import type { QueryResult } from './query.ts';
import { queryInstant, queryRange } from './query.ts';

/** Prometheus's scripts, and our own. */
const FOLDERS = ['promqltest', 'scripts'].map((name) => join(import.meta.dirname, '../fixtures', name));

/** What the scripts ask for and is not there yet: lines of evals, each of which must say so. */
const MISSING: readonly { why: string; file: string; lines: readonly number[] }[] = [
  {
    why: 'native histograms cannot be stored or evaluated',
    file: 'aggregators.test',
    lines: [
      238, 242, 248, 252, 351, 354, 357, 360, 363, 366, 371, 374, 377, 380, 383, 386, 407, 413, 419, 427, 434,
      465, 471, 512, 739, 742, 746, 748, 750, 754, 765, 768, 771, 775,
    ],
  },
  {
    why: 'native histograms with custom buckets cannot be stored or evaluated',
    file: 'histograms.test',
    lines: [
      155, 163, 171, 179, 187, 197, 207, 217, 227, 237, 247, 255, 263, 272, 280, 288, 298, 304, 310, 316, 322,
      328, 337, 343, 351, 357, 365, 373, 382, 390, 399, 411, 424, 436, 449, 452, 455, 468, 498, 527, 544, 552,
      562, 565, 576, 579, 600,
    ],
  },
  {
    why: 'functions of native histograms: histogram_count, _sum, _avg, _stddev, _stdvar',
    file: 'histograms.test',
    lines: [72, 82, 92, 97, 102, 582, 585],
  },
  {
    why: 'histogram_fraction()',
    file: 'histograms.test',
    lines: [108, 111, 114, 117, 120, 123, 127, 131, 135, 140, 605],
  },
  { why: 'native histograms cannot be stored or evaluated', file: 'subquery.test', lines: [146, 151] },
];

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
      if (missing.has(one.line)) {
        const message = expect.stringMatching(/^not supported yet: /);
        expect(() => run(one)).toThrow(expect.objectContaining({ code: 'execution', message }));
        return;
      }
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
    });
  });
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
  const samples = result.series.flatMap(({ labels, timestampsMs, values }) => {
    const at = timestampsMs.indexOf(atMs);
    return at < 0 ? [] : [{ labels, value: values[at] as number }];
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
    return result.samples.map(({ labels, value }) => ({ key: labelsKey(labels), values: [value] }));
  }
  if (result.type !== 'matrix') throw new Error(`expected series, got a ${result.type}`);
  return result.series.map(({ labels, timestampsMs, values }) => {
    const row: ScriptValue[] = Array.from({ length: steps(one) }, () => 'gap');
    timestampsMs.forEach((ms, i) => (row[(ms - one.startMs) / (one.stepMs ?? 1)] = values[i] as number));
    return { key: labelsKey(labels), values: row };
  });
}

/** Equal within the tolerance of Prometheus's own runner. */
function expectNear(got: ScriptValue | undefined, want: ScriptValue, what = ''): void {
  if (typeof got !== 'number' || typeof want !== 'number' || !Number.isFinite(want)) {
    expect(got, what).toBe(want === 0 ? 0 : want);
    return;
  }
  const error = Math.abs(got - want);
  expect(error <= 1e-6 * Math.max(Math.abs(got), Math.abs(want)), `${what}: got ${got}, want ${want}`).toBe(
    true,
  );
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

import { Fault } from '../../../lib/fault.ts';
import type { Labels } from '../../../wire/labels.ts';
import { LEVELS } from '../../store/log/level.ts';
import type { LogLimits, LogReader, TailPosition } from '../../store/log-store.ts';
import type { Matcher } from '../../store/matcher.ts';
import type { Scope } from '../../store/scope.ts';
import type { QueryLimits } from '../promql/limits.ts';
import { parseSelector } from '../selector.ts';
import { JsonBytes } from './json.ts';
import { printPair, type LogQuestion } from './question.ts';

export interface LogAnswer {
  readonly body: Uint8Array;
  /** Of a tail: where the next look begins. */
  readonly position?: TailPosition;
}

/**
 * Answers in the envelope of Prometheus's API; a tail with one server-sent event, or with nothing when nothing
 * came. Throws a `Fault`: `bad_data`, `limit`, or what `limits.checkDeadline` throws.
 */
export function answerLogs(
  reader: LogReader,
  question: LogQuestion,
  scope: Scope,
  limits: QueryLimits,
): LogAnswer {
  const damage = new Set<string>();
  const context = { reader, scope, limits: { ...limits, onDamage: (m: string) => void damage.add(m) } };
  const matchers = matchersOf(question.selector);
  switch (question.kind) {
    case 'search':
      return { body: search(context, question, matchers, damage) };
    case 'histogram':
      return { body: histogram(context, question, matchers, damage, limits.maxSteps) };
    case 'labels': {
      const streams = reader.streams(scope, matchers, question, context.limits);
      return { body: list(namesOf(streams), damage) };
    }
    case 'values': {
      const streams = reader.streams(scope, matchers, question, context.limits);
      return { body: list(valuesOf(streams, question.name), damage) };
    }
    case 'tail':
      return tail(context, question, matchers);
  }
}

interface Context {
  readonly reader: LogReader;
  readonly scope: Scope;
  readonly limits: LogLimits;
}

type Asked<Kind> = Extract<LogQuestion, { kind: Kind }>;

function search(
  { reader, scope, limits }: Context,
  question: Asked<'search'>,
  matchers: readonly Matcher[],
  damage: ReadonlySet<string>,
): Uint8Array {
  const page = reader.search(scope, { ...question, matchers }, limits);
  const { next, tail: position, stats } = page;
  const json = new JsonBytes();
  json.raw('{"status":"success","data":{');
  json.lines(page);
  if (next) json.raw(`,"next":"${printPair(next.timeNs, next.skip)}"`);
  json.raw(`,"tail":"${printPair(position.head, position.run)}","stats":`);
  json.value(stats);
  return finish(json, damage);
}

function histogram(
  { reader, scope, limits }: Context,
  question: Asked<'histogram'>,
  matchers: readonly Matcher[],
  damage: ReadonlySet<string>,
  maxSteps: number,
): Uint8Array {
  const { stepMs, conditions } = question;
  const startMs = Math.floor(Number(question.fromNs / 1_000_000n));
  const startNs = BigInt(startMs) * 1_000_000n;
  const stepNs = stepMs * 1e6;
  const count = Number((question.toNs - startNs) / BigInt(stepNs)) + 1;
  if (count > maxSteps) {
    throw new Fault(
      'bad_data',
      `the histogram has ${count} buckets, at most ${maxSteps} are taken (setting query.max-steps): ask for a longer step`,
    );
  }
  const buckets = { startNs, endNs: question.toNs, stepNs };
  const { byLevel, stats } = reader.count(scope, { matchers, conditions }, buckets, limits);
  const json = new JsonBytes();
  json.raw(`{"status":"success","data":{"startMs":${startMs},"stepMs":${stepMs},"levels":`);
  json.value(Object.fromEntries(LEVELS.map((level, i) => [level, [...(byLevel[i] as Float64Array)]])));
  json.raw(',"stats":');
  json.value(stats);
  return finish(json, damage);
}

function tail(
  { reader, scope, limits }: Context,
  question: Asked<'tail'>,
  matchers: readonly Matcher[],
): LogAnswer {
  const { conditions, maxLines } = question;
  const tailed = reader.tail(scope, { matchers, conditions }, question.position, maxLines, limits);
  const { position, lines, dropped } = tailed;
  if (lines.length === 0 && dropped === 0) return { body: new Uint8Array(0), position };
  const json = new JsonBytes();
  json.raw(`id: ${printPair(position.head, position.run)}\ndata: {`);
  json.lines(tailed);
  if (dropped !== 0) json.raw(`,"dropped":${dropped ?? null}`);
  json.raw('}\n\n');
  return { body: json.finish(), position };
}

/** Ends `data` and the envelope. */
function finish(json: JsonBytes, damage: ReadonlySet<string>): Uint8Array {
  json.raw('}');
  if (damage.size > 0) {
    json.raw(',"warnings":');
    json.value([...damage]);
  }
  json.raw('}');
  return json.finish();
}

function list(data: readonly string[], damage: ReadonlySet<string>): Uint8Array {
  return Buffer.from(
    JSON.stringify({ status: 'success', data, ...(damage.size > 0 && { warnings: [...damage] }) }),
  );
}

function matchersOf(selector: string): readonly Matcher[] {
  return /^\s*(\{\s*\}\s*)?$/.test(selector) ? [] : parseSelector(selector, 'selector');
}

function namesOf(streams: readonly Labels[]): string[] {
  const names = new Set<string>();
  for (const labels of streams) for (let i = 0; i < labels.length; i += 2) names.add(labels[i] as string);
  return [...names].sort();
}

function valuesOf(streams: readonly Labels[], name: string): string[] {
  const values = new Set<string>();
  for (const labels of streams) {
    for (let i = 0; i < labels.length; i += 2) if (labels[i] === name) values.add(labels[i + 1] as string);
  }
  return [...values].sort();
}

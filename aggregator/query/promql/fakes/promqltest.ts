import type { VectorSelector } from '../../../../lang/promql/ast.ts';
import { parseDuration, parseNumber } from '../../../../lang/promql/number.ts';
import { parsePromQL } from '../../../../lang/promql/parse.ts';
import { unquote } from '../../../../lang/promql/quote.ts';
import type { Labels } from '../../../../wire/labels.ts';
import { labelsFrom, labelsKey } from '../../../../wire/labels.ts';
import { putStale } from '../../../../wire/sample.ts';
import type { NativeHistogram } from '../../../store/native-histogram.ts';
import { add, subtract } from '../histogram/arithmetic.ts';
import { customHistograms, readHistogram } from './histograms.ts';
import type { MemorySeries } from './memory-reader.ts';
import { MemoryReader } from './memory-reader.ts';

/** One sample of a series in a script: a number, a gap, a staleness marker or a native histogram. */
export type ScriptValue = number | 'gap' | 'stale' | NativeHistogram;

export interface ExpectedSeries {
  readonly labels: Labels;
  readonly values: readonly ScriptValue[];
}

/** One `eval` of a script with the data loaded before it. */
export interface Eval {
  readonly line: number;
  readonly reader: MemoryReader;
  readonly query: string;
  readonly startMs: number;
  readonly endMs: number;
  /** Undefined: an instant query. */
  readonly stepMs: number | undefined;
  readonly ordered: boolean;
  readonly fails: boolean;
  /** Parts of the error's message, or the whole of a remark's. */
  readonly messages: { readonly kind: 'fail' | 'fail-regex' | 'warn' | 'info'; readonly text: string }[];
  /** Must there be remarks? Undefined: not looked at. */
  readonly warns: boolean | undefined;
  readonly infos: boolean | undefined;
  readonly series: readonly ExpectedSeries[];
  readonly scalar: number | undefined;
  readonly text: string | undefined;
}

/** Reads a script of Prometheus's `promqltest` (grammar: its README.md). Time zero is the epoch. */
export function readScript(script: string): Eval[] {
  const evals: Eval[] = [];
  let reader = new MemoryReader();
  const lines = script.split('\n');
  for (let i = 0; i < lines.length;) {
    const line = i;
    const command = strip(lines[i++] as string);
    if (command === '') continue;
    const body: string[] = [];
    // The rest of a command is indented; a blank line ends it.
    while (i < lines.length && /^\s+\S/.test(lines[i] as string)) {
      const stripped = strip(lines[i++] as string);
      if (stripped !== '') body.push(stripped);
    }
    if (command === 'clear') reader = new MemoryReader();
    else if (command.startsWith('load')) reader = reader.with(load(command, body));
    else evals.push(readEval(line + 1, command, body, reader));
  }
  return evals;
}

function strip(line: string): string {
  const text = line.trim();
  return text.startsWith('#') ? '' : text;
}

function load(command: string, body: readonly string[]): MemorySeries[] {
  const [, kind, step] = /^(load\w*)\s+(\S+)$/.exec(command) as unknown as [string, string, string];
  const stepMs = milliseconds(step);
  const byKey = new Map<string, MemorySeries>();
  for (const line of body) {
    const { labels, values } = seriesLine(line);
    const plain = samples(labels, values, stepMs, false);
    const native = samples(labels, values, stepMs, true);
    if (plain.timestampsMs.length > 0) byKey.set(labelsKey(labels), plain);
    if (native.timestampsMs.length > 0) byKey.set(`native ${labelsKey(labels)}`, native);
  }
  const series = [...byKey.values()];
  return kind === 'load_with_nhcb' ? [...series, ...customHistograms(series)] : series;
}

function samples(
  labels: Labels,
  values: readonly ScriptValue[],
  stepMs: number,
  native: boolean,
): MemorySeries {
  const taken = values.map((value, i) => ({ value, atMs: i * stepMs }));
  const isNative = ({ value }: { value: ScriptValue }): boolean => typeof value === 'object';
  // A marker ends floats or histograms, whichever came before.
  let before = false;
  const kept = taken.filter((one) => {
    if (one.value === 'gap') return false;
    if (one.value !== 'stale') before = isNative(one);
    return before === native;
  });
  const numbers = Float64Array.from(kept, ({ value }) => {
    return typeof value === 'number' ? value : typeof value === 'object' ? value.sum : 0;
  });
  kept.forEach(({ value }, i) => {
    if (value === 'stale') putStale(numbers, i);
  });
  const series = { labels, timestampsMs: Float64Array.from(kept, ({ atMs }) => atMs), values: numbers };
  if (!native) return series;
  const ended = { ...readHistogram(''), sum: staleNumber() };
  return { ...series, histograms: kept.map(({ value }) => (typeof value === 'object' ? value : ended)) };
}

function staleNumber(): number {
  const marker = new Float64Array(1);
  putStale(marker, 0);
  return marker[0] as number;
}

const EVAL =
  /^eval(?:_(fail|warn|info|ordered))?\s+(?:instant\s+(?:at\s+(\S+))?|range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+))\s+(.*)$/;

function readEval(line: number, command: string, body: readonly string[], reader: MemoryReader): Eval {
  const match = EVAL.exec(command);
  if (match === null) throw new Error(`line ${line}: cannot read ${command}`);
  const [, kind, at, from, to, step, query] = match;
  const startMs = milliseconds(at ?? from ?? '0');
  // With `expect` lines only what they say is looked at.
  const remarked = body.some((text) => text.startsWith('expect '));
  const result: Writable<Eval> & { series: ExpectedSeries[] } = {
    line,
    reader,
    query: query as string,
    startMs,
    endMs: to === undefined ? startMs : milliseconds(to),
    stepMs: step === undefined ? undefined : milliseconds(step),
    ordered: kind === 'ordered',
    fails: kind === 'fail',
    messages: [],
    warns: remarked ? undefined : kind === 'warn',
    infos: remarked ? undefined : kind === 'info',
    series: [],
    scalar: undefined,
    text: undefined,
  };
  for (const text of body) readExpectation(result, text);
  return result;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function readExpectation(result: Writable<Eval> & { series: ExpectedSeries[] }, text: string): void {
  const fail = /^expected_fail_(message|regexp)\s+(.*)$/.exec(text);
  const expectation = /^expect\s+(\w+)(?:\s+(msg|regex):\s*(.*)|\s+(.*))?$/.exec(text);
  if (fail !== null) {
    result.messages.push({ kind: fail[1] === 'message' ? 'fail' : 'fail-regex', text: fail[2] as string });
  } else if (expectation !== null) {
    const [, what, form, message, rest] = expectation as unknown as [
      string,
      string,
      string?,
      string?,
      string?,
    ];
    if (what === 'fail') result.fails = true;
    else if (what === 'ordered') result.ordered = true;
    else if (what === 'warn' || what === 'no_warn') result.warns = what === 'warn';
    else if (what === 'info' || what === 'no_info') result.infos = what === 'info';
    else if (what === 'string') result.text = unquote(rest ?? '') as string;
    else throw new Error(`line ${result.line}: cannot read ${text}`);
    if (message !== undefined && (what === 'warn' || what === 'info'))
      result.messages.push({ kind: what, text: message });
    if (message !== undefined && what === 'fail') {
      result.messages.push({ kind: form === 'regex' ? 'fail-regex' : 'fail', text: message });
    }
  } else if (/^[-+]?(\d|\.\d|inf$|nan$)/i.test(text)) {
    result.scalar = number(text);
  } else {
    result.series.push(seriesLine(text));
  }
}

/** `metric{label="value"} 1 2 3`: the metric is written as a selector of equalities. */
function seriesLine(line: string): ExpectedSeries {
  const match = /^([^\s{]*\s*(?:\{(?!\{)(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?)\s*(.*)$/.exec(line) as unknown as [
    string,
    string,
    string,
  ];
  const metric = match[1].trim();
  if (/^\{\s*\}$/.test(metric)) return { labels: [], values: sequence(match[2]) };
  const { matchers } = parsePromQL(metric) as VectorSelector;
  const labels = labelsFrom(Object.fromEntries(matchers.map(({ name, value }) => [name, value])));
  return { labels, values: sequence(match[2]) };
}

const VALUE = /\{\{.*?\}\}(?:[+-]\{\{.*?\}\})?(?:x\d+)?|\S+/g;

/** `1 _ stale 0+10x5 3x2 _x4 {{...}}x3` */
function sequence(text: string): ScriptValue[] {
  return [...text.matchAll(VALUE)].flatMap(([word]): ScriptValue[] => {
    if (word.startsWith('{{')) return histogramRun(word);
    const gaps = /^_(?:x(\d+))?$/.exec(word);
    if (gaps !== null) return Array.from({ length: Number(gaps[1] ?? 1) }, () => 'gap');
    if (word === 'stale') return ['stale'];
    const run = /^(.*?[\d.nfNF])(?:([+-].*?))?x(\d+)$/i.exec(word);
    if (run === null) return [number(word)];
    const [, first, step, times] = run;
    return progression(number(first as string), step === undefined ? 0 : number(step), Number(times));
  });
}

/** `{{...}}`, `{{...}}x3` (four times), `{{...}}+{{...}}x3` (growing). */
function histogramRun(word: string): NativeHistogram[] {
  const run = /^\{\{(.*?)\}\}(?:([+-])\{\{(.*?)\}\})?(?:x(\d+))?$/.exec(word);
  if (run === null) throw new Error(`not a histogram: ${word}`);
  const [, first, sign, step, times] = run;
  const histograms = [readHistogram(first as string)];
  for (let i = 0; i < Number(times ?? 0); i++) {
    const before = histograms.at(-1) as NativeHistogram;
    const grown = step === undefined ? undefined : readHistogram(step);
    const after = grown && (sign === '-' ? subtract(before, grown) : add(before, grown));
    histograms.push(after === undefined ? before : { ...after.histogram, resetHint: before.resetHint });
  }
  return histograms;
}

/** Added up one by one, as the scripts' authors did. */
function progression(first: number, step: number, times: number): number[] {
  const values = [first];
  for (let i = 0; i < times; i++) values.push((values.at(-1) as number) + step);
  return values;
}

function number(text: string): number {
  const value = parseNumber(text.replace(/^[+-]/, ''));
  if (value === undefined) throw new Error(`not a number: ${text}`);
  return text.startsWith('-') ? -value : value;
}

function milliseconds(text: string): number {
  const ms = parseDuration(text) ?? number(text) * 1000;
  if (!Number.isFinite(ms)) throw new Error(`not a duration: ${text}`);
  return ms;
}

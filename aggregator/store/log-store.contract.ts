import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { printLabels } from '../../wire/labels.ts';
import type { PackedLogStream } from '../../wire/log-section.ts';
import { detectLevel, LEVELS } from './log/level.ts';
import type { LineCondition, LogLimits, LogReader, LogSearch, TailPosition } from './log-store.ts';
import type { Matcher } from './matcher.ts';
import { type Line, LogTwin, show, type Shown, streamOf } from './log-store.fake.ts';
import { everything, type Scope } from './scope.ts';
import { RowBuffer } from './row-buffer.ts';
import type { StoreWriter, Write } from './store.ts';

/** What the contract needs of an implementation. */
export interface LogStoreUnderTest {
  readonly writer: StoreWriter;
  readonly logs: LogReader;
  /** Moves open lines to where they stay. */
  settle(): Promise<void>;
  /** Ends without a goodbye and opens again from what is on disk. */
  crash(): Promise<LogStoreUnderTest>;
  close(): Promise<void>;
}

export const freeLogLimits: LogLimits = {
  maxSeries: 1e6,
  checkDeadline() {},
  onDamage(message) {
    throw new Error(message);
  },
};

const START_NS = BigInt(Date.UTC(2026, 0, 10)) * 1_000_000n;
const HOUR_NS = 3_600_000_000_000n;
const LOWEST_NS = -(2n ** 63n);
const HIGHEST_NS = 2n ** 63n - 1n;

/** A search for all that there is. */
export const everyLine: LogSearch = {
  matchers: [],
  conditions: [],
  fromNs: LOWEST_NS,
  toNs: HIGHEST_NS,
  direction: 'forward',
  maxLines: 1e6,
  maxBytes: 1e9,
  skip: 0,
};

const search = (changes: Partial<LogSearch> = {}): LogSearch => ({ ...everyLine, ...changes });

const contains = (text: string, ignoreCase = false): LineCondition => ({
  kind: 'contains',
  text,
  ignoreCase,
});
const regex = (text: string, ignoreCase = false): LineCondition => ({ kind: 'regex', text, ignoreCase });
const eq = (name: string, value: string): Matcher => ({ name, op: '=', value });

let sequence = 0;

/** A batch of lines alone, each with a number of its own. */
export function linesAsBatch(body: Uint8Array, logs: readonly PackedLogStream[]): Write {
  const batch = { agent: 'a', epoch: 1, sequence: ++sequence, body, newestMs: 1e15, omitted: [] };
  return { rows: new RowBuffer(), logs, batch };
}

/** What every store of lines does. `encode` makes the body that the implementation's journal reads back. */
export function logStoreContract(
  name: string,
  open: () => Promise<LogStoreUnderTest>,
  encode: (logs: readonly PackedLogStream[]) => Uint8Array,
): void {
  describe(`${name}: the log store contract`, () => {
    let store: LogStoreUnderTest;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    const put = (...logs: PackedLogStream[]): void => store.writer.write([linesAsBatch(encode(logs), logs)]);
    const find = (changes: Partial<LogSearch> = {}, scope: Scope = everything): Shown[] =>
      show(store.logs.search(scope, search(changes), freeLogLimits));
    const texts = (changes: Partial<LogSearch> = {}): string[] => find(changes).map(([, , text]) => text);

    const states: [string, () => Promise<void>][] = [
      ['open', async () => {}],
      ['settled', async () => store.settle()],
      ['after a crash', async () => void (store = await store.crash())],
      ['settled and after a crash', async () => (await store.settle(), void (store = await store.crash()))],
    ];

    test.each(states)('gives back what was written, to the nanosecond: %s', async (_state, reach) => {
      put(
        streamOf({ job: 'b' }, [
          [START_NS + 3n, 'three'],
          [START_NS + 1n, 'one'],
        ]),
        streamOf({ job: 'a' }, [[START_NS + 2n, '']]),
      );
      await reach();
      put(streamOf({ job: 'a' }, [[START_NS + 4n, 'dr\u00e4i \u{1f9ed}\nfour']]));
      const expected: Shown[] = [
        ['{job="b"}', START_NS + 1n, 'one'],
        ['{job="a"}', START_NS + 2n, ''],
        ['{job="b"}', START_NS + 3n, 'three'],
        ['{job="a"}', START_NS + 4n, 'dr\u00e4i \u{1f9ed}\nfour'],
      ];
      expect(find()).toEqual(expected);
      expect(find({ direction: 'backward' })).toEqual([...expected].reverse());
    });

    test.each(states)('keeps equal lines of equal times, in order of arrival: %s', async (_state, reach) => {
      put(
        streamOf({ job: 'a' }, [
          [START_NS, 'same'],
          [START_NS, 'same'],
          [START_NS, 'last'],
        ]),
      );
      put(streamOf({ job: 'a' }, [[START_NS, 'same']]));
      await reach();
      put(streamOf({ job: 'a' }, [[START_NS, 'newer']]));
      expect(texts()).toEqual(['same', 'same', 'last', 'same', 'newer']);
      expect(texts({ direction: 'backward' })).toEqual(['newer', 'same', 'last', 'same', 'same']);
    });

    test.each(states)('spans days, also in one batch, and any time: %s', async (_state, reach) => {
      const times = [-1n, 0n, START_NS - 1n, START_NS, START_NS + 24n * HOUR_NS, START_NS + 23n * HOUR_NS];
      put(
        streamOf(
          { job: 'a' },
          times.map((atNs): Line => [atNs, `${atNs}`]),
        ),
      );
      await reach();
      const sorted = [...times].sort((a, b) => (a < b ? -1 : 1)).map(String);
      expect(texts()).toEqual(sorted);
      expect(texts({ fromNs: START_NS - 1n, toNs: START_NS })).toEqual(sorted.slice(2, 4));
    });

    test.each(states)('shows no line outside of the scope: %s', async (_state, reach) => {
      put(
        streamOf({ job: 'j', namespace: 'a' }, [[START_NS, 'mine']]),
        streamOf({ job: 'j', namespace: 'b' }, [[START_NS, 'theirs']]),
        streamOf({ job: 'j' }, [[START_NS, 'host']]),
      );
      await reach();
      const scope: Scope = { kind: 'namespaces', names: new Set(['a', 'zzz']) };
      expect(find({}, scope).map(([, , text]) => text)).toEqual(['mine']);
      expect(find({ matchers: [eq('namespace', 'b')] }, scope)).toEqual([]);
      expect(find({}, { kind: 'namespaces', names: new Set() })).toEqual([]);
      const all = { fromNs: LOWEST_NS, toNs: HIGHEST_NS };
      expect(store.logs.streams(scope, [], all, freeLogLimits).map(printLabels)).toEqual([
        '{job="j", namespace="a"}',
      ]);
      const buckets = { startNs: START_NS, endNs: START_NS, stepNs: 1e9 };
      const { byLevel } = store.logs.count(scope, { matchers: [], conditions: [] }, buckets, freeLogLimits);
      expect(byLevel.map(([count]) => count)).toEqual([0, 0, 0, 0, 1]);
    });

    test.each(states)('tells the streams with lines in a range: %s', async (_state, reach) => {
      put(
        streamOf({ job: 'b' }, [[START_NS, 'x']]),
        streamOf({ job: 'a' }, [
          [START_NS + 10n, 'x'],
          [START_NS + 24n * HOUR_NS, 'x'],
        ]),
      );
      await reach();
      const streams = (fromNs: bigint, toNs: bigint, matchers: Matcher[] = []): string[] =>
        store.logs.streams(everything, matchers, { fromNs, toNs }, freeLogLimits).map(printLabels);
      expect(streams(LOWEST_NS, HIGHEST_NS)).toEqual(['{job="a"}', '{job="b"}']);
      expect(streams(START_NS, START_NS)).toEqual(['{job="b"}']);
      expect(streams(START_NS, HIGHEST_NS, [{ name: 'job', op: '!=', value: 'b' }])).toEqual(['{job="a"}']);
      expect(streams(START_NS + 25n * HOUR_NS, HIGHEST_NS)).toEqual([]);
    });

    test.each(states)('finds text: %s', async (_state, reach) => {
      const lines = ['GET /index 200', 'get /other 500 \u00c4rger', '', 'warn: GE', 'T /cut', 'a\nGET b'];
      put(
        streamOf(
          { job: 'a' },
          lines.map((text, i): Line => [START_NS + BigInt(i), text]),
        ),
      );
      await reach();
      const cases: [LineCondition[], number[]][] = [
        [[contains('GET')], [0, 5]],
        [[contains('GET', true)], [0, 1, 5]],
        [
          [contains('get', true), contains('00')],
          [0, 1],
        ],
        [[contains('\u00e4RG', true)], [1]],
        [[contains('')], [0, 1, 2, 3, 4, 5]],
        [[regex('^[A-Z]+ ')], [0, 4]],
        [[regex('^t /', true)], [4]],
        [[contains('GET'), regex('[0-9]$')], [0]],
        [[regex('^$')], [2]],
        [[contains('GET /cut')], []],
      ];
      for (const [conditions, expected] of cases) {
        expect(texts({ conditions }), JSON.stringify(conditions)).toEqual(expected.map((i) => lines[i]));
      }
      expect(() => find({ conditions: [regex('(')] })).toThrow(/regular expression "\("/);
    });

    test.each(states)('pages meet without a gap, in lines and in bytes: %s', async (_state, reach) => {
      const lines = Array.from({ length: 60 }, (_, i): Line => [START_NS + BigInt(i >> 3), `line ${i}`]);
      put(streamOf({ job: 'a' }, lines.slice(0, 40)), streamOf({ job: 'b' }, lines.slice(20)));
      await reach();
      for (const direction of ['forward', 'backward'] as const) {
        for (const size of [{ maxLines: 7 }, { maxLines: 1 }, { maxBytes: 25 }, { maxBytes: 1 }]) {
          const all: Shown[] = [];
          let range: Partial<LogSearch> = {};
          for (let pages = 0; pages < 100; pages++) {
            const page = store.logs.search(
              everything,
              search({ direction, ...size, ...range }),
              freeLogLimits,
            );
            all.push(...show(page));
            if (page.next === undefined) break;
            const { timeNs, skip } = page.next;
            range = direction === 'forward' ? { fromNs: timeNs, skip } : { toNs: timeNs, skip };
          }
          expect(all).toEqual(find({ direction }));
        }
      }
    });

    test.each(states)('counts by level and time: %s', async (_state, reach) => {
      put(
        streamOf({ job: 'a', level: 'warning' }, [
          [START_NS, 'x'],
          [START_NS + 5n, 'error in text'],
        ]),
        streamOf({ job: 'a' }, [
          [START_NS + 9n, 'level=info msg="an error"'],
          [START_NS + 10n, 'E0102 10:00:00 klog'],
          [START_NS + 20n, 'out of the range: debug'],
        ]),
      );
      await reach();
      const buckets = { startNs: START_NS, endNs: START_NS + 19n, stepNs: 10 };
      const { byLevel } = store.logs.count(
        everything,
        { matchers: [], conditions: [] },
        buckets,
        freeLogLimits,
      );
      expect(
        Object.fromEntries(LEVELS.map((level, i) => [level, [...(byLevel[i] as Float64Array)]])),
      ).toEqual({
        error: [0, 1],
        warn: [2, 0],
        info: [1, 0],
        debug: [0, 0],
        unknown: [0, 0],
      });
      const some = { matchers: [], conditions: [contains('error')] };
      const counts = store.logs.count(everything, some, buckets, freeLogLimits).byLevel;
      expect(counts.map((of) => of.reduce((sum, n) => sum + n, 0))).toEqual([0, 1, 1, 0, 0]);
    });

    test('a tail gives each line once, over folds, and says what it left out', async () => {
      put(streamOf({ job: 'a' }, [[START_NS, 'before']]));
      const filter = { matchers: [eq('job', 'a')], conditions: [] };
      let position: TailPosition | undefined;
      const next = (most = 100): [string[], number | undefined] => {
        const tailed = store.logs.tail(everything, filter, position, most, freeLogLimits);
        position = tailed.position;
        return [show(tailed).map(([, , text]) => text), tailed.dropped];
      };
      expect(next()).toEqual([[], 0]);
      // Late lines come, too: the order is that of arrival.
      put(streamOf({ job: 'a' }, [[START_NS - HOUR_NS, '1']]), streamOf({ job: 'b' }, [[START_NS, 'no']]));
      await store.settle();
      put(streamOf({ job: 'a' }, [[START_NS, '2']]));
      expect(next()).toEqual([['1', '2'], 0]);
      expect(next()).toEqual([[], 0]);
      put(
        streamOf(
          { job: 'a' },
          ['3', '4', '5'].map((text): Line => [START_NS, text]),
        ),
      );
      expect(next(2)).toEqual([['4', '5'], 1]);
      position = { head: 1, run: 0 };
      expect(next()).toEqual([[], undefined]);
      const from = store.logs.search(everything, search(), freeLogLimits).tail;
      put(streamOf({ job: 'a' }, [[START_NS, '6']]));
      position = from;
      expect(next()).toEqual([['6'], 0]);
    });

    test('a limit names itself and its setting', () => {
      for (let i = 0; i < 3; i++) put(streamOf({ i: `${i}` }, [[START_NS, 'x']]));
      expect(() => store.logs.search(everything, search(), { ...freeLogLimits, maxSeries: 2 })).toThrow(
        /more than 2 log streams.*query\.max-series/,
      );
    });

    test('a small page opens few blocks', async () => {
      const text = 'x'.repeat(1000);
      for (let i = 0; i < 20; i++) {
        put(
          streamOf(
            { job: 'a' },
            Array.from({ length: 200 }, (_, n): Line => [START_NS + BigInt(i * 200 + n), text]),
          ),
        );
      }
      await store.settle();
      const { lines, stats } = store.logs.search(
        everything,
        search({ maxLines: 100, direction: 'backward' }),
        freeLogLimits,
      );
      expect(lines.length).toBe(100);
      expect(stats.blocks).toBeLessThanOrEqual(2);
    });

    test('agrees with a naive twin over random writes, settling and crashes', async () => {
      const word = fc.constantFrom('err', 'ERR', 'or', '\u00e4', ' ', '\n', 'info', '');
      const text = fc.array(word, { maxLength: 4 }).map((words) => words.join(''));
      const line = fc.tuple(fc.integer({ min: 0, max: 60 }), text);
      const written = fc.tuple(
        fc.constantFrom('a', 'b', 'c'),
        fc.array(line, { minLength: 1, maxLength: 8 }),
      );
      const step = fc.oneof(
        { weight: 6, arbitrary: fc.array(written, { minLength: 1, maxLength: 3 }) },
        { weight: 1, arbitrary: fc.constantFrom('settle' as const, 'crash' as const) },
      );
      const condition = fc.oneof(
        fc.record({ kind: fc.constant('contains' as const), text, ignoreCase: fc.boolean() }),
        fc.record({
          kind: fc.constant('regex' as const),
          text: fc.constantFrom('^e', 'r+o', '(err)?$'),
          ignoreCase: fc.boolean(),
        }),
      );
      const question = fc.record({
        matchers: fc.constantFrom<Matcher[]>([], [eq('job', 'a')]),
        conditions: fc.array(condition, { maxLength: 2 }),
        from: fc.integer({ min: -1, max: 61 }),
        span: fc.integer({ min: 0, max: 61 }),
        direction: fc.constantFrom('forward' as const, 'backward' as const),
        maxLines: fc.integer({ min: 1, max: 20 }),
      });
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { maxLength: 12 }),
          fc.array(question, { minLength: 3, maxLength: 6 }),
          async (steps, questions) => {
            await store.close();
            store = await open();
            const twin = new LogTwin();
            for (const action of steps) {
              if (action === 'settle') await store.settle();
              else if (action === 'crash') store = await store.crash();
              else {
                const streams = action.map(([job, lines]): [PackedLogStream, Line[]] => {
                  const timed = lines.map(([hour, of]): Line => [START_NS + BigInt(hour) * HOUR_NS, of]);
                  return [streamOf({ job }, timed), timed];
                });
                put(...streams.map(([stream]) => stream));
                for (const [stream, lines] of streams) twin.add(stream, lines);
              }
            }
            for (const { from, span, maxLines, ...rest } of questions) {
              const fromNs = START_NS + BigInt(from) * HOUR_NS;
              const asked = search({ ...rest, maxLines, fromNs, toNs: fromNs + BigInt(span) * HOUR_NS });
              const all = twin.search(asked);
              const page = store.logs.search(everything, asked, freeLogLimits);
              expect(show(page)).toEqual(all.slice(0, maxLines));
              expect(page.next !== undefined).toBe(all.length > maxLines);
              const counted = store.logs.count(
                everything,
                asked,
                { startNs: fromNs, endNs: asked.toNs, stepNs: Number(HOUR_NS) },
                freeLogLimits,
              );
              const total = counted.byLevel.reduce((sum, of) => sum + of.reduce((s, n) => s + n, 0), 0);
              expect(total).toBe(all.length);
              const byText = LEVELS.map(
                (_, level) =>
                  all.filter(([, , of]) => {
                    const bytes = Buffer.from(of);
                    return detectLevel(bytes, 0, bytes.length) === level;
                  }).length,
              );
              expect(counted.byLevel.map((of) => of.reduce((s, n) => s + n, 0))).toEqual(byText);
            }
          },
        ),
        { numRuns: 60 },
      );
    });
  });
}

import fc from 'fast-check';
import { expect, test } from 'vitest';

import { Fault } from '../../lib/fault.ts';
import { decodeHistogram, decodeLogPage, decodeTailEvent } from './log-answer.ts';

const good = (data: unknown): unknown => ({ status: 'success', data });
const LINE = { timeNs: '1700000000123456789', stream: 1, line: 'two' };
const STREAMS = [{ job: 'a' }, { job: 'b', __proto__x: 'c' }];

test('a page of lines', () => {
  const page = decodeLogPage({
    ...(good({ lines: [LINE], streams: STREAMS, next: '5.1', tail: '3.4', stats: {} }) as object),
    warnings: ['a block is damaged'],
  });
  expect(page).toEqual({
    lines: [{ timeNs: 1_700_000_000_123_456_789n, labels: STREAMS[1], text: 'two' }],
    next: '5.1',
    tail: '3.4',
    warnings: ['a block is damaged'],
  });
  expect(decodeLogPage(good({ lines: [], streams: [] }))).toMatchObject({ next: null, tail: null });
});

test.each([
  [{}, 0],
  [{ dropped: 7 }, 7],
  [{ dropped: null }, null],
])('an event of a tail with %j', (more, dropped) => {
  const event = JSON.stringify({ lines: [LINE], streams: STREAMS, ...more });
  expect(decodeTailEvent(event)).toMatchObject({ lines: [{ text: 'two' }], dropped });
});

test('a histogram; levels that are not named have no lines', () => {
  const data = { startMs: 60_000, stepMs: 10_000, levels: { error: [1, 0, 2], new: [9] } };
  expect(decodeHistogram(good(data))).toMatchObject({
    times: [60, 70, 80],
    stepSeconds: 10,
    counts: { error: [1, 0, 2], info: [] },
  });
});

test.each([
  { lines: [{ ...LINE, timeNs: 17 }], streams: STREAMS },
  { lines: [{ ...LINE, timeNs: '1e9' }], streams: STREAMS },
  { lines: [{ ...LINE, stream: 2 }], streams: STREAMS },
  { lines: [{ ...LINE, stream: '__proto__' }], streams: STREAMS },
  { lines: [{ ...LINE, line: null }], streams: STREAMS },
  { lines: [null], streams: STREAMS },
  { lines: {}, streams: STREAMS },
])('%j is refused', (data) => {
  expect(() => decodeLogPage(good(data))).toThrow(Fault);
});

test('any JSON gives lines or a Fault', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (data) => {
      for (const decode of [decodeLogPage, decodeHistogram]) {
        try {
          decode(good(data));
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(Fault);
        }
      }
    }),
  );
});

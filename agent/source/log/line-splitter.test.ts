import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { CUT_MARK, LineSplitter, type LineState } from './line-splitter.ts';

const MAX = 40;

function split(text: string | Buffer, state: LineState = 'start') {
  const lines: string[] = [];
  const result = new LineSplitter(MAX, (line) => lines.push(line)).split(Buffer.from(text as string), state);
  return { ...result, lines };
}

const bytes = (...parts: (string | number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string)));

describe('lines', () => {
  test.each<[string, string | Buffer, LineState, object]>([
    ['with ends', 'a\nb\n', 'start', { lines: ['a', 'b'], consumed: 4, state: 'start' }],
    ['without the last end', 'a\nbc', 'start', { lines: ['a'], consumed: 2, state: 'start' }],
    ['of other systems', 'a\r\n\r\nb\r\rc\r\n', 'start', { lines: ['a', '', 'b\r\rc'] }],
    ['that are empty', '\n\n', 'start', { lines: ['', ''], consumed: 2 }],
    ['none', '', 'start', { lines: [], consumed: 0, state: 'start' }],
    ['of all alphabets', 'äöü\n日本\n🙂\n', 'start', { lines: ['äöü', '日本', '🙂'], repaired: 0 }],
    ['after a flushed piece: only the end', '\nb\n', 'flushed', { lines: ['b'], state: 'start' }],
    ['after a flushed piece: \\r and the end', '\r\nb\n', 'flushed', { lines: ['b'] }],
    ['after a flushed piece: the rest', 'rest\nb\n', 'flushed', { lines: ['rest', 'b'] }],
    ['after a cut: the rest is passed over', 'rest\nb\n', 'cut', { lines: ['b'], state: 'start' }],
    ['after a cut: still no end', 'rest', 'cut', { lines: [], consumed: 4, state: 'cut' }],
    ['of the largest size', `${'x'.repeat(MAX)}\n`, 'start', { lines: ['x'.repeat(MAX)], cut: 0 }],
    [
      'that are too long, neighbours intact',
      `a\n${'x'.repeat(MAX + 1)}\nb\n`,
      'start',
      { lines: ['a', 'x'.repeat(MAX) + CUT_MARK, 'b'], cut: 1, repaired: 0 },
    ],
    [
      'that are too long and have no end',
      'x'.repeat(MAX + 5),
      'start',
      { lines: ['x'.repeat(MAX) + CUT_MARK], consumed: MAX + 5, state: 'cut', cut: 1 },
    ],
    [
      'cut between characters',
      `${'x'.repeat(MAX - 1)}日本\n`,
      'start',
      { lines: ['x'.repeat(MAX - 1) + CUT_MARK], repaired: 0 },
    ],
    [
      'with NULs and what is no UTF-8, neighbours intact',
      bytes('a\n', [0xff], 'b', [0, 0, 0], 'c\n', 'd\n'),
      'start',
      { lines: ['a', '\ufffdb\ufffdc', 'd'], repaired: 1 },
    ],
    [
      'after a hole',
      bytes(Array(100).fill(0), 'text\n'),
      'start',
      { lines: ['\ufffdtext'], repaired: 1, cut: 0 },
    ],
    ['in a hole', bytes(Array(100).fill(0)), 'start', { lines: [], consumed: 99, state: 'start' }],
  ])('%s', (_what, text, state, expected) => {
    expect(split(text, state)).toMatchObject(expected);
  });

  test('any bytes in any pieces give the same lines as at once, neighbours of odd ones intact', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 12 }),
      fc.constantFrom('\n', '\r\n', 'word', 'ä', '🙂', '\0').map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }),
        fc.array(fc.nat(20), { maxLength: 10 }),
        (pieces, cuts) => {
          const all = Buffer.concat(pieces);
          const most = 1000;
          const expected: string[] = [];
          for (let start = 0, end; (end = all.indexOf(10, start)) !== -1; start = end + 1) {
            const line = all.subarray(start, end > start && all[end - 1] === 13 ? end - 1 : end);
            expected.push(line.toString().replace(/\0+/g, '\ufffd'));
          }
          const lines: string[] = [];
          const splitter = new LineSplitter(most, (line) => lines.push(line));
          let at = 0;
          let size = 0;
          let state: LineState = 'start';
          for (const step of [...cuts, all.length]) {
            size = Math.min(all.length, size + step);
            const result = splitter.split(all.subarray(at, size), state);
            at += result.consumed;
            state = result.state;
          }
          expect(lines).toEqual(expected);
        },
      ),
    );
  });
});

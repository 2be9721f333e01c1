import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  PRESETS,
  parseRange,
  presetOf,
  printRange,
  rangeBetween,
  rateWindowSeconds,
  shiftRange,
  widenRange,
  windowOf,
} from './range.ts';

const NOW = 1_700_000_003;
const NOW_MS = 1_700_000_003_421;

describe('the address of a range', () => {
  test.each([
    [null, null, 900, null],
    ['1h', null, 3600, null],
    ['1h', '1700000000', 3600, 1_700_000_000],
    ['nonsense', 'x', 900, null],
    ['1s', null, 30, null],
  ])('%s until %s', (span, end, spanSeconds, endSeconds) => {
    expect(parseRange(span, end)).toEqual({ spanSeconds, endSeconds });
  });

  test('what is printed is read back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 30, max: 1e8 }), fc.option(fc.nat(2e9)), (spanSeconds, endSeconds) => {
        const range = { spanSeconds, endSeconds };
        const printed = printRange(range);
        expect(parseRange(printed.range, printed.end)).toEqual(range);
      }),
    );
  });

  test('every preset is found by its name', () => {
    for (const preset of PRESETS) expect(presetOf(parseRange(preset, null))).toBe(preset);
    expect(presetOf(parseRange('7m', null))).toBe(null);
    expect(presetOf(parseRange('15m', '1700000000'))).toBe(null);
  });
});

describe('windowOf', () => {
  test.each([
    ['5m', 5, 60],
    ['15m', 5, 180],
    ['1h', 10, 360],
    ['6h', 60, 360],
    ['24h', 300, 288],
    ['2w', 3600, 336],
  ])('%s has steps of %i s', (span, step, points) => {
    const window = windowOf(parseRange(span, null), NOW);
    expect(window.stepSeconds).toBe(step);
    expect((window.endSeconds - window.startSeconds) / step).toBe(points);
  });

  test('is aligned, ends by now, covers the span and stays bounded', () => {
    fc.assert(
      fc.property(fc.integer({ min: 30, max: 1.5e8 }), fc.integer({ min: 1e9, max: 2e9 }), (span, now) => {
        const { startSeconds, endSeconds, stepSeconds } = windowOf(
          { spanSeconds: span, endSeconds: null },
          now,
        );
        expect(startSeconds % stepSeconds).toBe(0);
        expect(endSeconds % stepSeconds).toBe(0);
        expect(endSeconds).toBeLessThanOrEqual(now);
        expect(now - endSeconds).toBeLessThan(stepSeconds);
        expect(endSeconds - startSeconds).toBeGreaterThanOrEqual(span);
        expect((endSeconds - startSeconds) / stepSeconds).toBeLessThanOrEqual(371);
        expect(rateWindowSeconds(stepSeconds)).toBeGreaterThan(stepSeconds);
      }),
    );
  });
});

describe('moving', () => {
  test('back and forth ends at the clock again', () => {
    const live = { spanSeconds: 600, endSeconds: null };
    const back = shiftRange(live, -1, NOW);
    expect(back).toEqual({ spanSeconds: 600, endSeconds: NOW - 300 });
    expect(shiftRange(back, 1, NOW)).toEqual(live);
    expect(shiftRange(back, 1, NOW + 60)).toEqual(live);
    expect(shiftRange(back, 1, NOW + 200)).toEqual({ spanSeconds: 600, endSeconds: NOW });
  });

  test('every move ends at a whole second, which the address can hold', () => {
    for (const direction of [-1, 1] as const) {
      const moved = shiftRange({ spanSeconds: 601, endSeconds: null }, direction, NOW_MS / 1000);
      const printed = printRange(moved);
      expect(parseRange(printed.range, printed.end)).toEqual(moved);
    }
  });

  test('zoom by two moments, in either order', () => {
    expect(rangeBetween(2000.4, 1000.2)).toEqual({ spanSeconds: 1001, endSeconds: 2001 });
    expect(rangeBetween(5, 5.1).spanSeconds).toBe(30);
  });

  test('widening keeps the middle, or the clock', () => {
    expect(widenRange({ spanSeconds: 100, endSeconds: null }, NOW)).toEqual({
      spanSeconds: 200,
      endSeconds: null,
    });
    expect(widenRange({ spanSeconds: 100, endSeconds: 5000 }, NOW)).toEqual({
      spanSeconds: 200,
      endSeconds: 5050,
    });
    expect(widenRange({ spanSeconds: 100, endSeconds: NOW - 1 }, NOW).endSeconds).toBe(null);
  });
});

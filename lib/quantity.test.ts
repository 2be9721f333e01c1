import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { formatBytes, formatDurationMs, parseBytes, parseDurationMs } from './quantity.ts';

describe('durations', () => {
  test.each([
    ['5s', 5000],
    ['100ms', 100],
    ['1h30m', 5_400_000],
    ['1m', 60_000],
    ['1m1ms', 60_001],
    ['2w', 1_209_600_000],
    ['1y', 31_536_000_000],
    ['0', 0],
    ['0s', 0],
  ])('%s is %d ms', (text, ms) => expect(parseDurationMs(text)).toBe(ms));

  test.each(['', '5', '-5s', '5 s', '1.5s', '30m1h', '1s1s', 's', '5sec', '1H', '5s\n', '९s'])(
    'refuses %j',
    (text) => expect(() => parseDurationMs(text)).toThrow(/is not a duration such as 5s/),
  );

  test('refuses what cannot be counted exactly', () => {
    expect(() => parseDurationMs('9999999999y')).toThrow(/longer/);
  });

  test('what is written reads back', () => {
    fc.assert(fc.property(fc.maxSafeNat(), (ms) => parseDurationMs(formatDurationMs(ms)) === ms));
  });
});

describe('sizes', () => {
  test.each([
    ['100', 100],
    ['100B', 100],
    ['10GiB', 10_737_418_240],
    ['512MB', 512_000_000],
    ['64Mi', 67_108_864],
    ['2G', 2_000_000_000],
    ['1.5kib', 1536],
    ['1 TiB', 1_099_511_627_776],
  ])('%s is %d bytes', (text, bytes) => expect(parseBytes(text)).toBe(bytes));

  test.each(['', 'GiB', '10iB', '-1', '1e3', '10 apples', '1,5GB', '0x10', '10GiBB'])('refuses %j', (text) =>
    expect(() => parseBytes(text)).toThrow(/is not a size such as 10GiB/),
  );

  test('refuses what cannot be counted exactly', () => expect(() => parseBytes('9000PiB')).toThrow(/larger/));

  test.each([
    [268_435_456, '256MiB'],
    [512_000_000, '512MB'],
    [1000, '1kB'],
    [1001, '1001B'],
    [0, '0B'],
  ])('%d bytes are written %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  test('what is written reads back', () => {
    const sizes = fc
      .tuple(fc.nat(1023), fc.constantFrom(1, 1000, 1024, 1e6, 1024 ** 2, 1e9, 1024 ** 4))
      .map(([count, unit]) => count * unit);
    fc.assert(fc.property(sizes, (bytes) => parseBytes(formatBytes(bytes)) === bytes));
    fc.assert(fc.property(fc.maxSafeNat(), (bytes) => parseBytes(formatBytes(bytes)) === bytes));
  });

  test('no text makes the parsers fail in another way', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^\d{0,20}[a-zA-Z]{0,3}$/));
    fc.assert(
      fc.property(text, fc.constantFrom(parseBytes, parseDurationMs), (input, parse) => {
        try {
          const value = parse(input);
          expect(Number.isSafeInteger(value) && value >= 0).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ name: 'Fault' });
        }
      }),
    );
  });
});

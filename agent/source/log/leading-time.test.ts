import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { LeadingTime } from './leading-time.ts';

const NOW_MS = Date.UTC(2026, 10, 20, 9, 31, 2);
const read = (line: string, nowMs = NOW_MS): bigint | undefined => new LeadingTime().read(line, nowMs);
const ns = (iso: string, rest = 0n): bigint => BigInt(Date.parse(iso)) * 1_000_000n + rest;
const local = (...at: [number, number, number, number, number, number]): bigint =>
  BigInt(new Date(...at).getTime()) * 1_000_000n;

describe('the time that a line begins with', () => {
  test.each<[string, bigint]>([
    ['2026-11-20T09:31:02Z started', ns('2026-11-20T09:31:02Z')],
    ['2026-11-20T09:31:02.123456789Z x', ns('2026-11-20T09:31:02Z', 123_456_789n)],
    ['2026-11-20T09:31:02.1234567899999Z', ns('2026-11-20T09:31:02Z', 123_456_789n)],
    ['2026-11-20 09:31:02,5+00:00 x', ns('2026-11-20T09:31:02.5Z')],
    ['2026-11-20T10:31:02.000001+01:00 x', ns('2026-11-20T09:31:02Z', 1000n)],
    ['2026-11-20T04:01:02-0530 x', ns('2026-11-20T09:31:02Z')],
    ['2026-11-20 09:31:02.12 UTC [71] LOG:  ready', ns('2026-11-20T09:31:02.12Z')],
    ['[2026-11-20 09:31:02 +0000] ready', ns('2026-11-20T09:31:02Z')],
    ['2024-02-29T23:59:60Z leap', ns('2024-03-01T00:00:00Z')],
    ['[1795167062.123456] x', 1_795_167_062_123_456_000n],
    ['[1795167062] x', 1_795_167_062_000_000_000n],
    ['Nov 20 09:31:01 host sshd[1]: x', local(2026, 10, 20, 9, 31, 1)],
    ['Nov  3 00:00:00 host x', local(2026, 10, 3, 0, 0, 0)],
    ['Dec 31 23:59:59 host x', local(2025, 11, 31, 23, 59, 59)],
    ['Feb 29 12:00:00 host x', local(2024, 1, 29, 12, 0, 0)],
  ])('%s', (line, expected) => {
    expect(read(line)).toBe(expected);
  });

  test.each([
    '',
    'ready',
    '2026-11-20T09:31:02 no zone',
    '2026-11-20T09:31:02.Z',
    '2026-11-20T09:31:02Zulu',
    '2026-11-20T09:31:02UTCx',
    '2026-11-20T09:31:02+1:00',
    '2026-11-20T24:31:02Z',
    '2026-11-31T09:31:02Z',
    '2025-02-29T09:31:02Z',
    '2026-13-20T09:31:02Z',
    '2026-11-20T09:61:02Z',
    '2026-11-20',
    '2026-11-20T09:45:02Z is past ten minutes ahead',
    '[   12.345678] kernel time',
    '[17951670621] x',
    '[1795167062',
    'Nov 20 09:31',
    'Nov 32 09:31:02 x',
    'Nox 20 09:31:02 x',
    'Feb 30 09:31:02 x',
    'Nov 20 25:31:02 x',
    'Nov 20 09:31:99 x',
    '127.0.0.1 - - [20/Nov/2026:09:31:02 +0000]',
  ])('none in %j', (line) => {
    expect(read(line)).toBeUndefined();
  });

  test('a syslog year turns with the clock, also for an object that has seen the same minute', () => {
    const times = new LeadingTime();
    const line = 'Dec 31 23:59:30 host x';
    expect(times.read(line, new Date(2026, 11, 31, 23, 59, 31).getTime())).toBe(
      local(2026, 11, 31, 23, 59, 30),
    );
    expect(times.read(line, new Date(2027, 0, 1, 0, 0, 5).getTime())).toBe(local(2026, 11, 31, 23, 59, 30));
    expect(times.read(line, new Date(2025, 11, 20).getTime())).toBe(local(2024, 11, 31, 23, 59, 30));
  });

  test.each([
    ['Europe/Berlin', 'Nov 20 09:31:02', '2026-11-20T08:31:02Z'],
    ['Australia/Lord_Howe', 'Nov 20 09:31:02', '2026-11-19T22:31:02Z'],
    ['Europe/Berlin', 'Jul  1 09:31:02', '2026-07-01T07:31:02Z'],
  ])("syslog's are of the host's zone, %s", (zone, line, expected) => {
    const program = `import { LeadingTime } from ${JSON.stringify(join(import.meta.dirname, 'leading-time.ts'))};
      console.log(String(new LeadingTime().read(${JSON.stringify(line)}, ${NOW_MS})));`;
    const told = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
      env: { TZ: zone },
    });
    expect(told.trim()).toBe(String(ns(expected)));
  });

  test('any time to the nanosecond, and any text without a fault', () => {
    const instant = fc.tuple(fc.integer({ min: 0, max: NOW_MS }), fc.integer({ min: 0, max: 999_999 }));
    fc.assert(
      fc.property(instant, ([ms, rest]) => {
        const iso = new Date(ms).toISOString().replace('Z', `${String(rest).padStart(6, '0')}Z`);
        expect(read(iso)).toBe(BigInt(ms) * 1_000_000n + BigInt(rest));
      }),
    );
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'0123456789-:T.Z [+NovUTC'.split('')) }),
        (text) => void read(text),
      ),
    );
  });
});

import { expect, test } from 'vitest';

import { createTimeFormat } from './time.ts';

const AT = Date.UTC(2026, 10, 20, 23, 4, 5) / 1000;
const MIDNIGHT = Date.UTC(2026, 10, 21) / 1000;

test('local beside UTC', () => {
  const berlin = createTimeFormat('Europe/Berlin');
  expect(berlin.moment(AT)).toBe('21 Nov 00:04:05');
  expect(berlin.utc(AT)).toBe('23:04:05 UTC');
});

test('ticks say no more than their distance needs, and the day at midnight', () => {
  const utc = createTimeFormat('UTC');
  expect(utc.tick(AT, 5)).toBe('23:04:05');
  expect(utc.tick(AT, 60)).toBe('23:04');
  expect(utc.tick(AT, 86_400)).toBe('20 Nov');
  expect(utc.tick(MIDNIGHT, 3600)).toBe('21 Nov');
});

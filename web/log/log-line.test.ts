import { expect, test } from 'vitest';

import { lineOf, printUtcNs, secondsOf, sourceOf } from './log-line.ts';

test.each([
  [1_700_000_000_123_456_789n, '2023-11-14T22:13:20.123456789Z'],
  [1_700_000_000_000_000_001n, '2023-11-14T22:13:20.000000001Z'],
  [0n, '1970-01-01T00:00:00.000000000Z'],
  [-1n, '1969-12-31T23:59:59.999999999Z'],
  [9_223_372_036_854_775_807n, '2262-04-11T23:47:16.854775807Z'],
])('%s ns is %s', (timeNs, text) => {
  expect(printUtcNs(timeNs)).toBe(text);
});

test('seconds keep their milliseconds', () => {
  expect(secondsOf(1_700_000_000_123_456_789n)).toBe(1_700_000_000.123);
});

test.each([
  [{ job: 'files', filename: '/var/log/nginx/access.log' }, 'access.log'],
  [{ job: 'journal', unit: 'ssh.service' }, 'ssh.service'],
  [{ pod: 'web-1', container: 'app' }, 'web-1'],
  [{ host: 'vm' }, ''],
])('%j comes from "%s"', (labels, source) => {
  expect(sourceOf(labels)).toBe(source);
});

test('a line knows its level', () => {
  expect(lineOf({ timeNs: 1n, labels: {}, text: 'ERROR: no' }, 7)).toMatchObject({ id: 7, level: 'error' });
});

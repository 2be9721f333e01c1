import { expect, test } from 'vitest';

import { levelOf } from './level.ts';
import type { Level } from './level.ts';

test.each<[string, Level]>([
  ['E0102 10:00:00.1 kubelet.go:12] no', 'error'],
  ['I1120 fine, no error', 'info'],
  ['E0102', 'unknown'],
  ['level=warn msg="error in the message"', 'warn'],
  ['{"level":"INFO","msg":"x"}', 'info'],
  ['Nov 20 10:00:00 vm kernel: [drm] *ERROR* timeout', 'error'],
  ['2026-11-20 CRITICAL: out of space', 'error'],
  ['errors are counted', 'unknown'],
  ['127.0.0.1 - - "GET /index.html HTTP/1.1" 200 512', 'unknown'],
  [`${'x '.repeat(100)}error`, 'unknown'],
  ['', 'unknown'],
])('%j is %s', (line, level) => {
  expect(levelOf({}, line)).toBe(level);
});

test('the label goes before the text', () => {
  expect(levelOf({ level: 'Notice' }, 'error')).toBe('info');
  expect(levelOf({ level: 'loud' }, 'error')).toBe('unknown');
  expect(levelOf({ level: '' }, 'error')).toBe('error');
});

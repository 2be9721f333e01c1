import { expect, test } from 'vitest';

import { labelsFrom } from '../../../wire/labels.ts';
import { detectLevel, LEVELS, levelOfLabels } from './level.ts';

test.each([
  ['', 'unknown'],
  ['level=info msg="an error"', 'info'],
  ['{"level":"warn","msg":"x"}', 'warn'],
  ['2026-01-10T00:00:00Z ERROR it broke', 'error'],
  ['[Warning] low', 'warn'],
  ['E0102 10:00:00.1 1 main.go:5] klog', 'error'],
  ['I0102 10:00:00.1 1 main.go:5] error is in the text', 'info'],
  ['E01 no klog', 'unknown'],
  ['errors=0 error_count=0 information', 'unknown'],
  ['<crit> kernel', 'error'],
  ['panic: runtime error', 'error'],
  ['trace', 'debug'],
  ['err', 'error'],
  ['er', 'unknown'],
  ['\u00e4 FATAL', 'error'],
  [`${'x '.repeat(80)} error too far behind`, 'unknown'],
])('%j is %s', (line, level) => {
  const bytes = Buffer.from(`error ${line} error`);
  expect(LEVELS[detectLevel(bytes, 6, bytes.length - 6)]).toBe(level);
});

test('a label tells the level of its whole stream', () => {
  const levelOf = (level: string): string | undefined => {
    const number = levelOfLabels(labelsFrom({ job: 'a', level }));
    return number === undefined ? undefined : LEVELS[number];
  };
  expect(['WARNING', 'fatal', 'verbose', 'constructor', ''].map(levelOf)).toEqual([
    'warn',
    'error',
    'unknown',
    'unknown',
    undefined,
  ]);
});

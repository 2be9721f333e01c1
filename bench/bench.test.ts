import { expect, test } from 'vitest';

import { aligned, reportOf } from './bench.ts';

test('a report is a table and a last line for programs', () => {
  const report = reportOf({
    title: 'bench',
    peer: 'peer 1.5',
    figures: [
      { key: 'cpu_ms', what: 'CPU a tick', unit: 'ms', ours: 4.21987, peer: 8.43974, atMost: 15 },
      { key: 'held_mb', what: 'memory', unit: 'MB', ours: 61.04, atMost: 60 },
      { key: 'samples', what: 'samples', unit: '', ours: 1_234_567, peer: 1000 },
    ],
  });
  expect(report.split('\n')).toEqual([
    'bench',
    '',
    '                 binnacle  peer 1.5  ratio           goal',
    'CPU a tick, ms       4.22      8.44    0.5  <= 15 reached',
    'memory, MB             61                    <= 60 MISSED',
    'samples, '.padEnd(16) + '1,234,567     1,000  1,235',
    '',
    'FIGURES {"cpu_ms":4.21987,"peer_cpu_ms":8.43974,"held_mb":61.04,"samples":1234570,"peer_samples":1000}',
  ]);
});

test('several peers stand beside each other', () => {
  const report = reportOf({
    title: 'bench',
    peers: [
      { name: 'one', key: 'one' },
      { name: 'two', key: 'two' },
    ],
    figures: [
      { key: 'speed', what: 'speed', unit: 'm/s', ours: 6, peers: [3, 12], atLeast: 5 },
      { key: 'own', what: 'own', unit: 's', ours: 1, atLeast: 2 },
    ],
  });
  expect(report.split('\n')).toEqual([
    'bench',
    '',
    '            binnacle  one  ratio  two  ratio          goal',
    'speed, m/s         6    3      2   12    0.5  >= 5 reached',
    'own, s             1                           >= 2 MISSED',
    '',
    'FIGURES {"speed":6,"one_speed":3,"two_speed":12,"own":1}',
  ]);
});

test('a key twice is a bug', () => {
  const figure = { key: 'a', what: 'a', unit: 's', ours: 1 };
  expect(() => reportOf({ title: '', peer: '', figures: [figure, figure] })).toThrow(/twice/);
});

test('no rows, no table', () => {
  expect(aligned([])).toBe('');
});

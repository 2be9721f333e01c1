import { expect, test } from 'vitest';

import { resultLines, seriesName, unitOf } from './result-lines.ts';

test.each([
  ['node_memory_MemFree_bytes', 'bytes'],
  ['rate(node_network_receive_bytes_total{a="/"}[5m])', 'bytes-per-second'],
  ['node_memory_MemFree_bytes / node_memory_MemTotal_bytes', 'number'],
  ['sum(rate(node_cpu_seconds_total[1m])) by (mode)', 'number'],
  ['process_start_time_seconds', 'seconds'],
  ['count(node_filesystem_size_bytes)', 'number'],
  ['instance:cpu_ratio', 'ratio'],
  ['up', 'number'],
  ['a_bytes + b_seconds', 'number'],
])('%s is in %s', (query, unit) => {
  expect(unitOf(query)).toBe(unit);
});

test('series are named and sorted, with dashes from the eleventh on', () => {
  const series = Array.from({ length: 12 }, (_, i) => ({
    key: String(i),
    query: 0,
    labels: { __name__: 'm', i: String(20 - i) },
    values: [i],
  }));
  const lines = resultLines({ times: [0], series, leftOut: 0 }, 'm');
  expect(lines[0]?.label).toBe('m{i="10"}');
  expect(lines.map((line) => line.label)).toEqual(lines.map((line) => line.label).toSorted());
  expect([lines[0]?.hue, lines[0]?.dash]).not.toEqual([lines[10]?.hue, lines[10]?.dash]);
});

test('a series without labels is called by its query', () => {
  expect(seriesName({}, 'sum(up)')).toBe('sum(up)');
});

import { describe, expect, test } from 'vitest';

import { parser } from '@prometheus-io/lezer-promql';

import type { Frame } from '../series/buffer.ts';
import { HOST_PANELS } from './host-panels.ts';
import { expand, legendOf } from './panel.ts';
import type { Panel } from './panel.ts';
import { panelLines } from './panel-lines.ts';

const SCOPE = { host: 'vm', rateWindowSeconds: 30 };

test('placeholders are filled in, and a host is only a name', () => {
  expect(expand('rate(a{$host,b="c"}[$window])', SCOPE)).toBe('rate(a{instance="vm",b="c"}[30s])');
  expect(expand('a{$host}', { ...SCOPE, host: 'x"} or b{c="$window$&' })).toBe(
    'a{instance="x\\"} or b{c=\\"30s$&"}',
  );
});

test('a legend takes its labels', () => {
  expect(legendOf('{{device}} read', { device: 'sda' })).toBe('sda read');
  expect(legendOf('{{device}} read', {})).toBe('read');
});

describe('every host panel', () => {
  const queries = HOST_PANELS.flatMap((panel) =>
    panel.queries.map((query) => [panel.id, query.expression] as const),
  );

  test.each(queries)('%s asks in valid PromQL: %s', (_, expression) => {
    const errors: string[] = [];
    const text = expand(expression, SCOPE);
    parser
      .parse(text)
      .iterate({ enter: (node) => void (node.type.isError && errors.push(text.slice(0, node.to))) });
    expect(errors).toEqual([]);
    expect(text).toContain('instance="vm"');
  });

  test('has a name of its own', () => {
    expect(new Set(HOST_PANELS.map((panel) => panel.id)).size).toBe(HOST_PANELS.length);
  });
});

describe('panelLines', () => {
  const frame = (...series: [query: number, labels: Record<string, string>, value: number][]): Frame => ({
    times: [0],
    leftOut: 0,
    series: series.map(([query, labels, value]) => ({
      query,
      labels,
      values: [value],
      key: JSON.stringify([query, labels]),
    })),
  });
  const panel = (queries: Panel['queries']): Panel => ({
    id: 'x',
    title: 'X',
    help: '',
    unit: 'number',
    stacked: true,
    queries,
  });

  test('named values come first and in order, one value has one hue in all queries', () => {
    const by = { label: 'device' };
    const lines = panelLines(
      panel([
        {
          expression: '',
          legend: '{{mode}}',
          by: { label: 'mode', hues: { user: 'blue', system: 'amber' } },
        },
        { expression: '', legend: '{{device}} in', by },
        { expression: '', legend: '{{device}} out', by, below: true },
      ]),
      frame(
        [0, { mode: 'nice' }, 1],
        [0, { mode: 'system' }, 1],
        [0, { mode: 'user' }, 1],
        [1, { device: 'b' }, 1],
        [1, { device: 'a' }, 1],
        [2, { device: 'b' }, 5],
      ),
    );
    expect(lines.map((line) => line.label)).toEqual(['user', 'system', 'nice', 'a in', 'b in', 'b out']);
    expect(lines[4]?.hue).toBe(lines[5]?.hue);
    expect(lines[3]?.hue).not.toBe(lines[4]?.hue);
    expect(lines[5]).toMatchObject({ values: [-5], below: true });
  });

  test('a limit is no part of the stack, and zeros can be left out', () => {
    const lines = panelLines(
      panel([
        { expression: '', legend: 'limit', loose: true, hue: 'rose' },
        { expression: '', legend: 'swap', hideZero: true, hue: 'pink' },
      ]),
      frame([0, {}, 4], [1, {}, 0]),
    );
    expect(lines.map((line) => [line.label, line.stacked, line.filled])).toEqual([['limit', false, false]]);
  });
});

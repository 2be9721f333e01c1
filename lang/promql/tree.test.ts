import { expect, test } from 'vitest';

import { parsePromQL } from './parse.ts';
import { SIGNATURES } from './signatures.ts';
import { treeOf } from './tree.ts';

const plain = { offset: 0, timestamp: null, startOrEnd: null };
const selector = (name: string) => ({
  type: 'vectorSelector',
  name,
  matchers: [{ name: '__name__', value: name, type: '=' }],
  ...plain,
  anchored: false,
  smoothed: false,
});
const oneToOne = {
  card: 'one-to-one',
  labels: [],
  on: false,
  include: [],
  fillValues: { lhs: null, rhs: null },
};

test.each([
  [
    '-(1.5e3)',
    { type: 'unaryExpr', op: '-', expr: { type: 'parenExpr', expr: { type: 'numberLiteral', val: '1500' } } },
  ],
  ['"text"', { type: 'stringLiteral', val: 'text' }],
  ['a', selector('a')],
  [
    'a{x=~"y"} offset -5m',
    {
      ...selector('a'),
      matchers: [
        { name: 'x', value: 'y', type: '=~' },
        { name: '__name__', value: 'a', type: '=' },
      ],
      offset: -300_000,
    },
  ],
  ['a[5m] @ 1.5', { ...selector('a'), type: 'matrixSelector', range: 300_000, timestamp: 1500 }],
  [
    'a[1h:1m] @ end()',
    {
      type: 'subquery',
      expr: selector('a'),
      range: 3_600_000,
      step: 60_000,
      ...plain,
      startOrEnd: 'end',
      alignEvalTime: false,
    },
  ],
  [
    'topk by (x) (3, a)',
    {
      type: 'aggregation',
      op: 'topk',
      expr: selector('a'),
      param: { type: 'numberLiteral', val: '3' },
      grouping: ['x'],
      without: false,
    },
  ],
  [
    'a > bool b',
    { type: 'binaryExpr', op: '>', lhs: selector('a'), rhs: selector('b'), matching: oneToOne, bool: true },
  ],
  [
    'a * 2',
    {
      type: 'binaryExpr',
      op: '*',
      lhs: selector('a'),
      rhs: { type: 'numberLiteral', val: '2' },
      matching: null,
      bool: false,
    },
  ],
  [
    'a and on (x) b',
    {
      type: 'binaryExpr',
      op: 'and',
      lhs: selector('a'),
      rhs: selector('b'),
      matching: { ...oneToOne, card: 'many-to-many', labels: ['x'], on: true },
      bool: false,
    },
  ],
  [
    'rate(a[1s])',
    {
      type: 'call',
      func: { name: 'rate', argTypes: ['matrix'], variadic: 0, returnType: 'vector' },
      args: [{ ...selector('a'), type: 'matrixSelector', range: 1000 }],
    },
  ],
])('%s', (text, want) => {
  expect(treeOf(parsePromQL(text))).toEqual(want);
});

test('every function can be told', () => {
  for (const [name, { args, optional }] of SIGNATURES) {
    const given = args.slice(0, args.length - optional).map((type) => {
      if (type === 'range vector') return 'a[1m]';
      return type === 'instant vector' ? 'a' : type === 'string' ? '"x"' : '1';
    });
    expect(treeOf(parsePromQL(`${name}(${given.join(', ')})`)).type).toBe('call');
  }
});

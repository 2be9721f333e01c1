import fc from 'fast-check';
import { expect, test } from 'vitest';

import { parseSelector, printSelector, withMatch } from './selector.ts';
import type { LabelMatch } from './selector.ts';

const match: fc.Arbitrary<LabelMatch> = fc.record({
  name: fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/),
  operator: fc.constantFrom('=', '!=', '=~', '!~'),
  value: fc.string({ unit: 'binary', maxLength: 12 }),
});

test('what is printed is read back', () => {
  fc.assert(
    fc.property(fc.array(match, { maxLength: 4 }), (matches) => {
      expect(parseSelector(printSelector(matches))).toEqual(matches);
    }),
  );
});

test('any text is read or refused, in time that grows with its length', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (text) => {
      const read = parseSelector(text);
      if (read !== null) expect(parseSelector(printSelector(read))).toEqual(read);
    }),
  );
  expect(parseSelector(`{a="${'\\'.repeat(100_000)}`)).toBeNull();
});

test.each<[string, LabelMatch, string]>([
  ['', { name: 'job', operator: '=', value: 'files' }, '{job="files"}'],
  ['{}', { name: 'job', operator: '=', value: 'a"b' }, '{job="a\\"b"}'],
  ['{job="x", host="vm"}', { name: 'job', operator: '=', value: 'y' }, '{host="vm", job="y"}'],
  ['{job!="x"}', { name: 'job', operator: '!=', value: 'y' }, '{job!="x", job!="y"}'],
  ['{job!="x"}', { name: 'job', operator: '!=', value: 'x' }, '{job!="x"}'],
  ['{job="x"}', { name: 'job', operator: '!=', value: 'x' }, '{job!="x"}'],
  ['{job=', { name: 'host', operator: '=', value: 'vm' }, '{host="vm"}'],
])('%s with %j is %s', (selector, match, expected) => {
  expect(withMatch(selector, match)).toBe(expected);
});

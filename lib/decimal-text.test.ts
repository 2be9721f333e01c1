import fc from 'fast-check';
import { expect, test } from 'vitest';

import { parseDecimal } from './decimal-text.ts';

/** With other bytes around, which are not to be read. */
function parse(text: string): number | undefined {
  const bytes = Buffer.from(`7${text}7`, 'latin1');
  return parseDecimal(bytes, 1, bytes.length - 1);
}

test.each([
  ['0', 0],
  ['-0', -0],
  ['+1', 1],
  ['007', 7],
  ['1.', 1],
  ['.5', 0.5],
  ['-.5e1', -5],
  ['1E+09', 1e9],
  ['1.7e-300', 1.7e-300],
  ['9007199254740993', 9007199254740992],
  ['18446744073709551615', 2 ** 64],
  ['0.1', 0.1],
  ['123456789.123456789', Number('123456789.123456789')],
  ['1e-400', 0],
  ['5e-324', 5e-324],
  ['0e999', 0],
  ['+Inf', Infinity],
  ['-inf', -Infinity],
  ['Infinity', Infinity],
  ['NaN', NaN],
  ['nan', NaN],
])('%s is %d', (text, value) => {
  expect(parse(text)).toBe(value);
});

test.each([
  '',
  '+',
  '-',
  '.',
  'e1',
  '1e',
  '1e+',
  '1e5x',
  '1x',
  '--1',
  '1_000',
  '0x1p4',
  '0x10',
  '1e999',
  'Infx',
  'N',
  '1 ',
  '1,5',
])('%j is no number', (text) => {
  expect(parse(text)).toBeUndefined();
});

test('every double comes back from its text, bit for bit', () => {
  fc.assert(
    fc.property(fc.double(), fc.nat(20), (value, digits) => {
      for (const text of [
        String(value),
        value.toExponential(),
        value.toFixed(digits),
        value.toPrecision(digits + 1),
      ])
        // Rounded up, the largest are none any more.
        expect(parse(text)).toBe(
          /\d/.test(text) && !Number.isFinite(Number(text)) ? undefined : Number(text),
        );
    }),
    { numRuns: 2000 },
  );
});

test('what is read of any characters is what Number says of them', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...Array.from('0123456789.+-eE')), maxLength: 12 }),
      (text) => {
        const expected = text === '' ? NaN : Number(text);
        expect(parse(text)).toBe(Number.isFinite(expected) ? expected : undefined);
      },
    ),
    { numRuns: 5000 },
  );
});

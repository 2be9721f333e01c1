import fc from 'fast-check';
import { expect, test } from 'vitest';

import { unescapeName } from './escaped-name.ts';

test.each([
  ['plain', 'plain'],
  ['U__my_20_name', 'my name'],
  ['U__http_2e_status:sum', 'http.status:sum'],
  ['U__label_5f_name__x', 'label_name_x'],
  ['U___1F600_', '😀'],
  ['U__', ''],
  // No escapes, so they stand for themselves.
  ['U__open_20', 'U__open_20'],
  ['U__end_', 'U__end_'],
  ['U__not_xy_hex', 'U__not_xy_hex'],
  ['U__surrogate_d800_', 'U__surrogate_d800_'],
  ['U__large_110000_', 'U__large_110000_'],
])('%s is %s', (escaped, name) => {
  expect(unescapeName(escaped)).toBe(name);
});

test('every name comes back', () => {
  const escape = (name: string): string =>
    `U__${Array.from(name, (char) => (/[A-Za-z0-9:]/.test(char) ? char : char === '_' ? '__' : `_${char.codePointAt(0)?.toString(16)}_`)).join('')}`;
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      fc.pre(name.isWellFormed());
      expect(unescapeName(escape(name))).toBe(name);
    }),
  );
});

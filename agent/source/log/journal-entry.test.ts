import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { readJournalEntry } from './journal-entry.ts';
import { CUT_MARK } from './line-splitter.ts';

const entry = (fields: Record<string, unknown>): string =>
  JSON.stringify({ __CURSOR: 's=1;i=2', __REALTIME_TIMESTAMP: '1795167062123456', MESSAGE: 'm', ...fields });

describe('an entry of the journal', () => {
  test.each<[string, Record<string, unknown>, object]>([
    ['time to the microsecond', {}, { timeNs: 1_795_167_062_123_456_000n, cursor: 's=1;i=2', line: 'm' }],
    [
      'unit and level',
      { _SYSTEMD_UNIT: 'ssh.service', PRIORITY: '3' },
      { unit: 'ssh.service', level: 'error' },
    ],
    ['the lowest level', { PRIORITY: '7' }, { level: 'debug' }],
    ['no unit, no level, or an odd one', { PRIORITY: '9' }, { unit: '', level: '' }],
    ['bytes that are text', { MESSAGE: [104, 195, 164] }, { line: 'hä' }],
    ['bytes that are none', { MESSAGE: [104, 255, 0, 0, 105] }, { line: 'h\ufffd\ufffdi' }],
    ['a field that is there twice', { MESSAGE: ['a', [98]] }, { line: 'a\nb' }],
    ['no message', { MESSAGE: null }, { line: '' }],
    ['many lines', { MESSAGE: 'a\nb\n' }, { line: 'a\nb' }],
    ['one that is too long', { MESSAGE: 'ä'.repeat(60) }, { line: 'ä'.repeat(50) + CUT_MARK, isCut: true }],
    ['a name that objects have', { __proto__: 1, constructor: 'x' }, { line: 'm' }],
  ])('%s', (_what, fields, expected) => {
    expect(readJournalEntry(entry(fields), 101)).toMatchObject(expected);
  });

  test.each([
    '',
    'x',
    'null',
    '[]',
    '{}',
    '-- No entries --',
    entry({ __CURSOR: 1 }),
    entry({ __REALTIME_TIMESTAMP: '-1' }),
  ])('none in %j', (json) => {
    expect(readJournalEntry(json, 100)).toBeUndefined();
  });

  test('any JSON gives an entry or none', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        (value) => void readJournalEntry(entry({ MESSAGE: value, PRIORITY: value }), 9),
      ),
    );
  });
});

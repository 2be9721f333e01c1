import * as fc from 'fast-check';
import { describe, expect, expectTypeOf, test } from 'vitest';

import {
  address,
  boolean,
  bytes,
  choice,
  duration,
  formatAddress,
  integer,
  list,
  nameAges,
  number,
  parseAddress,
  path,
  ratio,
  secretFile,
  text,
  url,
  type Address,
  type SettingsOf,
  type SettingsTable,
} from './settings.ts';

const table = {
  listen: address({ key: 'listen', default: '127.0.0.1:4401', doc: 'a' }),
  dataDir: path({ key: 'data-dir', default: './data', doc: 'a' }),
  intervalMs: duration({ key: 'interval', default: '5s', min: '1s', max: '1h', doc: 'a' }),
  spoolBytes: bytes({ key: 'spool-size', default: '256MiB', min: '1MiB', doc: 'a' }),
  level: choice({ key: 'level', choices: ['info', 'warn'], default: 'info', doc: 'a' }),
  readers: integer({ key: 'readers', default: 2, min: 1, max: 64, doc: 'a' }),
  factor: number({ key: 'factor', default: 0.5, max: 10, doc: 'a' }),
  share: ratio({ key: 'share', default: 0.8, doc: 'a' }),
  on: boolean({ key: 'on', default: false, doc: 'a' }),
  globs: list({ key: 'globs', default: [], doc: 'a' }),
  ages: nameAges({ key: 'ages', default: [], doc: 'a' }),
  peer: url({ key: 'peer', doc: 'a' }),
  password: secretFile({ key: 'password-file', doc: 'a' }),
  title: text({ key: 'title', default: '', doc: 'a' }),
} satisfies SettingsTable;

test('the values of a table are typed by their kinds', () => {
  type Values = SettingsOf<typeof table>;
  expectTypeOf<Values['listen']>().toEqualTypeOf<Address>();
  expectTypeOf<Values['intervalMs']>().toEqualTypeOf<number>();
  expectTypeOf<Values['level']>().toEqualTypeOf<'info' | 'warn'>();
  expectTypeOf<Values['globs']>().toEqualTypeOf<readonly string[]>();
  expectTypeOf<Values['peer']>().toEqualTypeOf<string | undefined>();
});

describe('values', () => {
  test.each([
    [table.listen, '0.0.0.0:0', { host: '0.0.0.0', port: 0 }],
    [table.listen, '[::1]:4400', { host: '::1', port: 4400 }],
    [table.listen, 'localhost:65535', { host: 'localhost', port: 65_535 }],
    [table.intervalMs, '1m', 60_000],
    [table.intervalMs, '1s', 1000],
    [table.spoolBytes, '10MB', 10_000_000],
    [table.level, 'warn', 'warn'],
    [table.readers, '64', 64],
    [table.factor, '-1.5e-3', -0.0015],
    [table.share, '80%', 0.8],
    [table.on, 'true', true],
    [table.peer, 'https://user:pass@host/path', 'https://user:pass@host/path'],
    [table.title, '', ''],
  ] as const)('%o reads %s', (setting, given, value) => expect(setting.parse([given])).toEqual(value));

  test.each([
    [table.listen, '127.0.0.1', /is not HOST:PORT such as 127.0.0.1:4400/],
    [table.listen, ':4400', /0\.0\.0\.0:4400/],
    [table.listen, '::1:80', /\[::1\]/],
    [table.listen, 'host:65536', /HOST:PORT/],
    [table.listen, 'http://host:80', /HOST:PORT/],
    [table.dataDir, ' ', /is not a path/],
    [table.intervalMs, '5', /is not a duration such as 5s/],
    [table.intervalMs, '999ms', /is below the minimum of 1s/],
    [table.intervalMs, '2h', /is above the maximum of 1h/],
    [table.spoolBytes, '1k', /is below the minimum of 1MiB/],
    [table.level, 'loud', /is not one of info, warn/],
    [table.readers, '1.5', /is not a whole number/],
    [table.readers, '65', /is above the maximum of 64/],
    [table.factor, 'NaN', /is not a number/],
    [table.share, '120%', /is above the maximum of 1/],
    [table.share, '-0.1', /is below the minimum of 0/],
    [table.on, 'yes', /is not true or false/],
    [table.peer, 'host:80', /is not a URL/],
    [table.peer, 'ftp://host', /is not a URL/],
  ] as const)('%o refuses %s', (setting, given, reason) => {
    expect(() => setting.parse([given])).toThrow(reason);
  });

  test('what is shown reads back, defaults too', () => {
    for (const setting of Object.values<SettingsTable[string]>(table)) {
      if (setting.default === undefined || setting.arity === 'list') continue;
      expect(setting.parse([setting.show(setting.default)])).toEqual(setting.default);
    }
    expect(table.globs.parse([' /a/*.log', '', '/b'])).toEqual(['/a/*.log', '/b']);
  });

  test('no text makes a kind fail in another way than by a Fault', () => {
    const settings = Object.values<SettingsTable[string]>(table);
    fc.assert(
      fc.property(fc.constantFrom(...settings), fc.array(fc.string(), { maxLength: 3 }), (setting, texts) => {
        try {
          setting.show(setting.parse(texts));
        } catch (error) {
          expect(error).toMatchObject({ name: 'Fault' });
        }
      }),
    );
  });

  test('any address that is written reads back', () => {
    const host = fc.oneof(
      fc.domain(),
      fc.ipV4(),
      fc.ipV6().map((host) => host.toLowerCase()),
    );
    fc.assert(
      fc.property(host, fc.nat(65_535), (host, port) => {
        expect(parseAddress(formatAddress({ host, port }))).toEqual({ host, port });
      }),
    );
  });
});

describe('ages by name', () => {
  test.each([
    [
      ['go_.*=2d', ' up=1w '],
      ['go_.*', 2],
      ['up', 7],
    ],
    [
      ['a{1', '3}b=1d', '', 'c{2,}=2d'],
      ['a{1,3}b', 1],
      ['c{2,}', 2],
    ],
    [['a=b=1y'], ['a=b', 365]],
    [[' ']],
  ] as [string[], ...[string, number][]][])('%j are read in order, and read back', (texts, ...ages) => {
    const value = table.ages.parse(texts);
    expect(value).toEqual(ages.map(([pattern, days]) => ({ pattern, days })));
    expect(table.ages.parse(table.ages.show(value).split(','))).toEqual(value);
  });

  test.each([
    ['go_.*', 'has "go_.*", which is not PATTERN=AGE such as go_.*=2d'],
    ['=2d', 'has "=2d", which is not PATTERN=AGE'],
    ['x=1d,go_(=2d', 'has "go_(=2d", whose pattern is no RE2 expression: '],
    ['a)|(b=2d', 'has "a)|(b=2d", whose pattern is no RE2 expression: '],
    ['x=2', 'has "x=2", whose age is not a duration such as'],
    ['x=', 'has "x=", whose age is not a duration'],
    ['x=36h', 'has "x=36h", whose age is not in whole days, 1d or more'],
    ['x=0', 'has "x=0", whose age is not in whole days, 1d or more'],
  ])('%s is refused', (text, reason) => {
    expect(() => table.ages.parse(text.split(','))).toThrow(reason);
  });
});

test('what belongs into a value is said in words', () => {
  expect(table.intervalMs.kind).toBe('duration, 1s to 1h');
  expect(table.spoolBytes.kind).toBe('size, 1MiB or more');
  expect(table.factor.kind).toBe('number, 10 or less');
});

test('a URL keeps its password to itself, also when it is broken', () => {
  const { peer } = table;
  expect(peer.show('https://user:pa@ss@host/x?y=1')).toBe('https://***@host/x?y=1');
  fc.assert(
    fc.property(fc.constantFrom('http://', 'htp:/', '', 'http:', '\n'), fc.string(), (scheme, noise) => {
      expect(peer.mask(`${scheme}user:hunter2${noise}@host`)).not.toContain('hunter2');
    }),
  );
});

test('a wrong declaration is found when the program loads', () => {
  expect(() => duration({ key: 'a', default: '5', doc: '' })).toThrow(/is not a duration/);
  expect(() => integer({ key: 'a', default: 0, min: 1, doc: '' })).toThrow(/is below the minimum of 1/);
  expect(() => text({ key: 'Aa_b', doc: '' })).toThrow(/BUG: setting key Aa_b/);
});

import {
  closeSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';

import { describe, expect, test } from 'vitest';

import { atEnd } from '../../../test/tools/at-end.ts';
import { Host } from './host.fake.ts';

async function started(firstReadBytes?: number): Promise<Host> {
  const host = new Host();
  atEnd(() => host.remove());
  await host.start(firstReadBytes);
  return host;
}

describe('following files', () => {
  test('new files from their beginning, each line once, also over a restart', async () => {
    const host = await started(0);
    host.append('a.log', 'one\ntw');
    expect(await host.lines()).toEqual(['one']);
    host.append('a.log', 'o\nthree\n');
    host.append('b.log', 'other\n');
    expect(await host.lines('a.log')).toEqual(['one', 'two', 'three']);
    host.kill();
    host.append('a.log', 'four\n');
    host.append('c.log', 'born while nobody looked\n');
    await host.start(0);
    expect(await host.lines('a.log')).toEqual(['one', 'two', 'three', 'four']);
    expect(await host.lines('b.log')).toEqual(['other']);
    expect(await host.lines('c.log')).toEqual(['born while nobody looked']);
  });

  test('what was read and not written to the spool is read again', async () => {
    const host = await started();
    host.append('a.log', 'one\n');
    await host.lines();
    host.append('a.log', 'two\n');
    await host.read();
    host.kill();
    await host.start();
    expect(await host.lines()).toEqual(['one', 'two']);
  });

  test.each([
    [0, []],
    [4, ['five']],
    [5, ['five']],
    [6, ['five']],
    [1000, ['one', 'two', 'three', 'four', 'five']],
  ])('of a file that is there at the first start, the last %d bytes', async (bytes, expected) => {
    const host = new Host();
    atEnd(() => host.remove());
    host.append('a.log', 'one\ntwo\nthree\nfour\nfive\n');
    await host.start(bytes);
    host.append('a.log', 'new\n');
    expect(await host.lines()).toEqual(bytes === 4 ? ['new'] : [...expected, 'new']);
  });

  test('a kill right after the first start skips nothing that came since', async () => {
    const host = new Host();
    atEnd(() => host.remove());
    host.append('a.log', 'old\n');
    await host.start(0);
    host.kill();
    host.append('a.log', 'new\n');
    await host.start(0);
    expect(await host.lines()).toEqual(['new']);
  });

  test('a last line without its end waits, and comes in pieces when it takes too long', async () => {
    const host = await started();
    host.append('a.log', 'begun');
    expect(await host.lines()).toEqual([]);
    host.elapsedMs = 4999;
    expect(await host.lines()).toEqual([]);
    host.elapsedMs = 5000;
    expect(await host.lines()).toEqual(['begun']);
    host.kill();
    await host.start();
    host.append('a.log', '\nnext\nagain');
    expect(await host.lines()).toEqual(['begun', 'next']);
    host.elapsedMs += 5000;
    host.append('a.log', ' and');
    expect(await host.lines()).toEqual(['begun', 'next', 'again and']);
    host.append('a.log', ' more\n');
    expect(await host.lines()).toEqual(['begun', 'next', 'again and', ' more']);
  });

  test('poison: a huge line, NULs, no UTF-8; neighbours intact', async () => {
    const host = await started();
    host.append('a.log', 'before\n');
    host.append('a.log', Buffer.alloc(1_000_000, 'x'));
    await host.lines();
    host.kill();
    await host.start();
    host.append('a.log', 'end\nbetween\n');
    host.append('a.log', Buffer.concat([Buffer.alloc(100_000), Buffer.from('after\xff\n', 'latin1')]));
    const lines = await host.lines();
    expect(lines.map((line) => line.slice(0, 10))).toEqual([
      'before',
      'xxxxxxxxxx',
      'between',
      '\ufffdafter\ufffd',
    ]);
    expect(lines[1]).toHaveLength(1006);
    expect(host.told).toMatchObject({ cut: 1, repaired: 1 });
  });

  test('binary, compressed and rotated files are left out, but not when they are named', async () => {
    const host = new Host();
    atEnd(() => host.remove());
    host.globs = ['*', 'kept.1'];
    await host.start();
    for (const name of ['wtmp', 'a.log.gz', 'a.log.1', 'a.log-20261120', 'a.log.old'])
      host.append(name, 'no\n');
    host.append('binary', Buffer.alloc(2000, 1));
    host.append('kept.1', 'yes\n');
    host.append('worker-1', 'yes\n');
    expect(await host.lines()).toEqual(['yes', 'yes']);
    expect(await host.lines()).toEqual(['yes', 'yes']);
    expect(host.told['binary']).toBe(1);
  });

  test('a file of two names is read once', async () => {
    const host = await started();
    host.append('a.log', 'one\n');
    linkSync(host.path('a.log'), host.path('b.log'));
    expect(await host.lines()).toEqual(['one']);
  });
});

describe('rotation', () => {
  test('a renamed file is read to its end, also what is written to it later', async () => {
    const host = await started();
    host.append('a.log', '1\n');
    await host.lines();
    const writer = openSync(host.path('a.log'), 'a');
    writeSync(writer, '2\n');
    renameSync(host.path('a.log'), host.path('a.log.1'));
    writeSync(writer, '3\n');
    host.append('a.log', '4\n');
    expect(await host.lines()).toEqual(['1', '2', '3', '4']);
    host.elapsedMs = 4000;
    writeSync(writer, '5\n');
    expect(await host.lines()).toEqual(['1', '2', '3', '4', '5']);
    host.elapsedMs += 4999;
    await host.lines();
    expect(host.files!.files).toBe(2);
    host.elapsedMs += 1;
    expect(await host.lines()).toEqual(['1', '2', '3', '4', '5']);
    expect(host.files!.files).toBe(1);
    closeSync(writer);
    host.kill();
    await host.start();
    expect(await host.lines()).toHaveLength(5);
    expect(host.told['rotated']).toBe(1);
  });

  test('a file that is renamed and renamed back goes on', async () => {
    const host = await started();
    host.append('a.log', '1\n');
    await host.lines();
    renameSync(host.path('a.log'), host.path('a.log.1'));
    await host.lines();
    renameSync(host.path('a.log.1'), host.path('a.log'));
    host.append('a.log', '2\n');
    expect(await host.lines()).toEqual(['1', '2']);
  });

  test.each([false, true])(
    'a file renamed to another followed name is not read again (killed: %s)',
    async (isKilled) => {
      const host = await started();
      host.append('z.log', '1\n');
      await host.lines();
      if (isKilled) host.kill();
      renameSync(host.path('z.log'), host.path('b.log'));
      host.append('z.log', 'new\n');
      if (isKilled) await host.start();
      expect(await host.lines()).toEqual(['1', 'new']);
      host.elapsedMs += 60_000;
      host.append('b.log', '2\n');
      expect((await host.lines()).sort((a, b) => (a < b ? -1 : 1))).toEqual(['1', '2', 'new']);
      host.elapsedMs += 60_000;
      expect(await host.lines()).toHaveLength(3);
    },
  );

  test('a deleted file is read to its end and let go; what comes in its place is new', async () => {
    const host = await started();
    host.append('a.log', '1\n');
    await host.lines();
    host.append('a.log', '2\nhalf');
    rmSync(host.path('a.log'));
    expect(await host.lines()).toEqual(['1', '2']);
    host.elapsedMs = 5000;
    expect(await host.lines()).toEqual(['1', '2', 'half']);
    expect(host.files!.files).toBe(0);
    host.append('a.log', '3\n');
    expect(await host.lines()).toEqual(['1', '2', 'half', '3']);
  });

  test('an inode that is used again is another file', async () => {
    const host = await started();
    host.append('a.log', 'first of the old file\nsecond\n');
    await host.lines();
    host.kill();
    // The same inode with other content of at least the same length, as after deletion and re-creation.
    const { ino } = statSync(host.path('a.log'));
    writeFileSync(host.path('a.log'), 'first of the new file\nsecond of the new\n');
    host.stamp('a.log');
    expect(statSync(host.path('a.log')).ino).toBe(ino);
    await host.start();
    expect((await host.lines()).slice(2)).toEqual(['first of the new file', 'second of the new']);
  });

  test('truncated and longer again between two looks', async () => {
    const host = await started();
    host.append('a.log', 'one\ntwo\n');
    await host.lines();
    writeFileSync(host.path('a.log'), 'three\nfour\nfive\n');
    host.stamp('a.log');
    expect(await host.lines()).toEqual(['one', 'two', 'three', 'four', 'five']);
    expect(host.told['truncated']).toBe(1);
  });

  test('what copytruncate took away before it was read is found in the copy', async () => {
    const host = await started();
    host.append('a.log', '1\n');
    await host.lines();
    host.append('a.log', '2\nhalf');
    copyFileSync(host.path('a.log'), host.path('a.log.1'));
    host.stamp('a.log.1');
    truncateSync(host.path('a.log'));
    host.append('a.log', '3\n');
    expect(await host.lines()).toEqual(['1', '2', 'half', '3']);
  });

  test('a file that went while nobody looked is told as lost', async () => {
    const host = await started();
    host.append('a.log', '1\n');
    await host.lines();
    host.kill();
    rmSync(host.path('a.log'));
    host.append('b.log', '2\n');
    await host.start();
    expect(await host.lines()).toEqual(['1', '2']);
    expect(host.told['lost']).toBe(1);
  });

  test('a folder that is not there yet', async () => {
    const host = new Host();
    atEnd(() => host.remove());
    host.globs = ['deep/**/*.log'];
    await host.start();
    expect(await host.lines()).toEqual([]);
    mkdirSync(host.path('deep/er'), { recursive: true });
    host.append('deep/er/a.log', '1\n');
    expect(await host.lines()).toEqual(['1']);
  });
});

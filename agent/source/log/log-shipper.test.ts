import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { systemClock } from '../../../lib/clock.ts';
import { atEnd } from '../../../test/tools/at-end.ts';
import { temporaryFolder } from '../../../test/tools/temporary-folder.ts';
import { waitUntil } from '../../../test/tools/wait-until.ts';
import { decodeBatch } from '../../../wire/batch.ts';
import type { LogStream } from '../../../wire/log-stream.ts';
import { Spool } from '../../spool/spool.ts';
import { FileLogs } from './file-logs.ts';
import { silentEvents } from './host.fake.ts';
import { LogBatch } from './log-batch.ts';
import { LogShipper } from './log-shipper.ts';

/** A spool whose disk may be full. */
class FullSpool extends Spool {
  isFull = false;

  override begin(positions: ReadonlyMap<string, unknown>): void {
    if (this.isFull) throw new Error('ENOSPC: no space left on device');
    super.begin(positions);
  }

  override async savePositions(): Promise<void> {
    if (this.isFull) throw new Error('ENOSPC: no space left on device');
    await super.savePositions();
  }

  override appendLogs(logs: readonly LogStream[], checkpoint: ReadonlyMap<string, unknown>) {
    if (this.isFull) throw new Error('ENOSPC: no space left on device');
    return super.appendLogs(logs, checkpoint);
  }
}

function shipping(maxWaitingBytes: number) {
  const folder = temporaryFolder();
  const told: string[] = [];
  const spool = new FullSpool({
    folder: join(folder, 'spool'),
    maxBytes: 1e7,
    bootId: 'b',
    nowMs: 1,
    events: { dropped() {}, damaged() {}, positionsDamaged() {} },
  });
  const events = {
    ...silentEvents,
    paused: (isPaused: boolean) => void told.push(isPaused ? 'paused' : 'goes on'),
    unwritten: (reason: string) => void told.push(reason),
  };
  const batch = new LogBatch();
  const reading = {
    buffer: Buffer.alloc(64 * 1024),
    batch,
    events,
    maxLineBytes: 1000,
    flushAfterMs: 5000,
    rotateWaitMs: 5000,
    nowMs: () => systemClock.nowMs(),
    monotonicMs: () => systemClock.monotonicMs(),
  };
  const files = new FileLogs({
    globs: [join(folder, '*.log')],
    instance: 'host',
    firstReadBytes: 1e9,
    maxFiles: 10,
    reading,
  });
  const shipper = new LogShipper({
    spool,
    batch,
    files,
    journal: undefined,
    clock: systemClock,
    maxWaitingBytes,
    events,
    wake() {},
  });
  atEnd(() => shipper.close());
  shipper.start();
  const got: string[] = [];
  const drain = (): number => {
    for (let next = spool.peek(); next; next = spool.peek()) {
      got.push(...decodeBatch(next.bytes, 1e8).logs.flatMap(({ lines }) => lines));
      spool.acknowledge(next);
    }
    return got.length;
  };
  const append = (text: string): void => appendFileSync(join(folder, 'a.log'), text);
  const wait = (count: number) =>
    waitUntil(() => drain() >= count, { what: `${count} lines`, timeoutMs: 10_000 });
  return { told, spool, batch, shipper, got, drain, append, wait };
}

test('a line is in the spool soon after it was written', async () => {
  const { append, wait, got } = shipping(1e6);
  append('first\n');
  await wait(1);
  const startMs = performance.now();
  append('second\n');
  await wait(2);
  expect(performance.now() - startMs).toBeLessThan(1500);
  expect(got).toEqual(['first', 'second']);
});

test('reading stops while too much waits, and nothing is dropped', async () => {
  const { append, spool, told, wait, got } = shipping(3000);
  const lines = Array.from({ length: 200_000 }, (_, i) => `${i} ${(i * 7919) % 100_003}`);
  append(`${lines.join('\n')}\n`);
  await waitUntil(() => told.length > 0, { what: 'a pause', timeoutMs: 10_000 });
  const waiting = spool.waitingLogBytes;
  await systemClock.sleep(600);
  expect(spool.waitingLogBytes).toBe(waiting);
  expect(told).toEqual(['paused']);
  await wait(lines.length);
  expect(got).toEqual(lines);
  await waitUntil(() => told.at(-1) === 'goes on', { what: 'the end of the pause', timeoutMs: 5000 });
});

test('what a full disk did not take is kept and written later, with its positions', async () => {
  const { append, spool, told, wait, got } = shipping(1e6);
  append('one\n');
  await wait(1);
  spool.isFull = true;
  append('two\n');
  await waitUntil(() => told.length > 1, { what: 'two tries', timeoutMs: 5000 });
  append('three\n');
  const before = [...spool.positions];
  spool.isFull = false;
  await wait(3);
  expect(got).toEqual(['one', 'two', 'three']);
  expect([...spool.positions]).not.toEqual(before);
  expect(told[0]).toMatch(/ENOSPC/);
});

test('a disk that is full at the very first start is waited for', async () => {
  const { append, spool, told, wait, got, shipper } = shipping(1e6);
  spool.isFull = true;
  await waitUntil(() => told.length > 0, { what: 'a try', timeoutMs: 5000 });
  append('one\n');
  spool.isFull = false;
  await wait(1);
  expect(got).toEqual(['one']);
  expect(shipper.failure).toBeUndefined();
});

test('what was read last is written at the end', async () => {
  const { append, shipper, wait, drain, batch, got } = shipping(1e6);
  append('one\n');
  await wait(1);
  append('two\n');
  await waitUntil(() => batch.lines > 0, { what: 'the line to be read', timeoutMs: 5000, everyMs: 5 });
  await shipper.close();
  drain();
  expect(got).toEqual(['one', 'two']);
});

/**
 * A process that ships the logs of a folder, to be killed at any moment: `node ship.fake.ts FOLDER`. Batches
 * go to FOLDER/received, a file each under its name, before they are acknowledged.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { systemClock } from '../../../lib/clock.ts';
import { decodeBatch } from '../../../wire/batch.ts';
import { Spool } from '../../spool/spool.ts';
import { FileLogs } from './file-logs.ts';
import { silentEvents } from './host.fake.ts';
import { LogBatch } from './log-batch.ts';
import { LogShipper } from './log-shipper.ts';

const folder = process.argv[2] as string;
const received = join(folder, 'received');
mkdirSync(received, { recursive: true });
const spool = new Spool({
  folder: join(folder, 'spool'),
  maxBytes: 64 * 1024,
  bootId: 'boot',
  nowMs: systemClock.nowMs(),
  events: { dropped() {}, damaged() {}, positionsDamaged() {} },
});
const batch = new LogBatch();
const files = new FileLogs({
  globs: [join(folder, '*.log')],
  instance: 'host',
  firstReadBytes: 1e9,
  maxFiles: 10,
  reading: {
    buffer: Buffer.alloc(4096),
    batch,
    events: silentEvents,
    maxLineBytes: 1000,
    flushAfterMs: 60_000,
    rotateWaitMs: 200,
    nowMs: () => systemClock.nowMs(),
    monotonicMs: () => systemClock.monotonicMs(),
  },
});
new LogShipper({
  spool,
  batch,
  files,
  journal: undefined,
  clock: { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 50, signal) },
  maxWaitingBytes: 16 * 1024,
  events: silentEvents,
  wake() {},
}).start();

setInterval(() => {
  const next = spool.peek();
  if (next === undefined) return;
  const { logs } = decodeBatch(next.bytes, 1e8);
  const name = `${next.id.epoch}-${String(next.id.sequence).padStart(8, '0')}`;
  writeFileSync(join(received, 'new'), JSON.stringify(logs.flatMap(({ lines }) => lines)));
  renameSync(join(received, 'new'), join(received, name));
  spool.acknowledge(next);
}, 3);

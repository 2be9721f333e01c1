import { appendFileSync, existsSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { decodeBatch } from '../../../wire/batch.ts';
import { labelValue } from '../../../wire/labels.ts';
import { Spool } from '../../spool/spool.ts';
import { FileLogs } from './file-logs.ts';
import { LogBatch } from './log-batch.ts';
import type { LogEvents } from './log-events.ts';

/** Events that nobody hears. */
export const silentEvents: LogEvents = {
  linesRead() {},
  linesCut() {},
  linesRepaired() {},
  fileTruncated() {},
  fileRotated() {},
  fileLost() {},
  fileFailed() {},
  fileBinary() {},
  journalAbsent() {},
  journalEnded() {},
  journalUnread() {},
  paused() {},
  unwritten() {},
  written() {},
};

/** A host with a folder of logs, and an agent that may be killed; the time stands still until it is moved. */
export class Host {
  readonly folder = mkdtempSync(join(tmpdir(), 'binnacle-logs-'));
  readonly told: Record<string, number> = {};
  readonly got: { path: string; line: string }[] = [];
  elapsedMs = 0;
  flushAfterMs = 5000;
  /** Times of writing, a second apart: real rotations are, and the kernel's are coarse. */
  writtenSeconds = 1_795_000_000;
  batch = new LogBatch();
  files: FileLogs | undefined;
  spool: Spool | undefined;
  globs = ['*.log'];

  path(name: string): string {
    return join(this.folder, name);
  }

  stamp(name: string): void {
    if (existsSync(this.path(name))) utimesSync(this.path(name), ++this.writtenSeconds, this.writtenSeconds);
  }

  append(name: string, text: string | Buffer): void {
    appendFileSync(this.path(name), text);
    this.stamp(name);
  }

  async start(firstReadBytes = 1e9): Promise<void> {
    const count =
      (name: string) =>
      (by: unknown): void =>
        void (this.told[name] = (this.told[name] ?? 0) + (typeof by === 'number' ? by : 1));
    this.batch = new LogBatch();
    this.spool = new Spool({
      folder: join(this.folder, 'spool'),
      maxBytes: 1e8,
      bootId: 'b',
      nowMs: 1,
      events: { dropped() {}, damaged() {}, positionsDamaged() {} },
    });
    this.files = new FileLogs({
      globs: this.globs.map((glob) => join(this.folder, glob)),
      instance: 'host',
      firstReadBytes,
      maxFiles: 100,
      reading: {
        buffer: Buffer.alloc(4096),
        batch: this.batch,
        maxLineBytes: 1000,
        flushAfterMs: this.flushAfterMs,
        rotateWaitMs: 5000,
        nowMs: () => 1_795_167_062_000,
        monotonicMs: () => this.elapsedMs,
        events: {
          ...silentEvents,
          linesRead: count('lines'),
          linesCut: count('cut'),
          linesRepaired: count('repaired'),
          fileTruncated: count('truncated'),
          fileRotated: count('rotated'),
          fileLost: count('lost'),
          fileFailed: count('failed'),
          fileBinary: count('binary'),
        },
      },
    });
    if (this.spool.isNew) this.spool.begin(await this.files.firstPositions());
    await this.files.open(this.spool.positions);
  }

  /** One buffer a file. */
  async look(): Promise<boolean> {
    await this.files!.discover();
    return this.files!.read(() => false);
  }

  /** Reads all there is. */
  async read(): Promise<void> {
    while (await this.look());
  }

  flush(): void {
    if (this.batch.lines === 0) return;
    this.spool!.appendLogs(this.batch.streams(), this.files!.positions());
    this.batch.clear();
  }

  acknowledge(most = Infinity): void {
    for (let i = 0, batch; i < most && (batch = this.spool!.peek()); i++) {
      for (const { labels, lines } of decodeBatch(batch.bytes, 1e8).logs) {
        for (const line of lines) {
          this.got.push({ path: labelValue(labels, 'filename').slice(this.folder.length + 1), line });
        }
      }
      this.spool!.acknowledge(batch);
    }
  }

  /** All that is there, through the spool; the lines of one path, or of all. */
  async lines(name?: string): Promise<string[]> {
    await this.read();
    this.flush();
    this.acknowledge();
    return this.got.filter(({ path }) => name === undefined || path === name).map(({ line }) => line);
  }

  /** What is not in the spool is forgotten. */
  kill(): void {
    this.files?.close();
    this.files = undefined;
  }

  remove(): void {
    this.kill();
    this.spool?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

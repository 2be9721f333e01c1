import { Registry } from 'prom-client';
import { expect, onTestFinished, test } from 'vitest';

import { FakeClock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { decodeSchemas, type BatchId } from '../wire/batch.ts';
import { AgentMetrics } from './event.ts';
import { Sender, type Deliver, type Delivery } from './sender.ts';
import type { Spool, SpooledBatch } from './spool/spool.ts';
import { encodeSchema, schemaHash } from '../wire/schema.ts';

const encoded = [1, 2].map((n) => encodeSchema([['__name__', `m${n}`]]));
const [one, two] = encoded.map(schemaHash) as [string, string];
const schemas = new Map([
  [one, encoded[0]!],
  [two, encoded[1]!],
]);

/** Batches 1, 2, ... of which the sender sees what is left. */
class FakeSpool {
  readonly #batches: SpooledBatch[];
  readonly acknowledged: number[] = [];

  constructor(count: number) {
    this.#batches = Array.from({ length: count }, (_, i) => {
      const id: BatchId = { agent: 'a', epoch: 1, sequence: i + 1 };
      return { id, bytes: Uint8Array.of(i + 1), schemas, checkpoint: undefined };
    });
  }
  get backlog(): number {
    return this.#batches.length;
  }
  peek(): SpooledBatch | undefined {
    return this.#batches[0];
  }
  acknowledge(batch: SpooledBatch): void {
    expect(batch).toBe(this.#batches.shift());
    this.acknowledged.push(batch.id.sequence);
  }
}

const OK: Delivery = { ok: true };
const AWAY: Delivery = { ok: false, code: 'unreachable', message: 'connection refused', retry: true };
const BAD: Delivery = { ok: false, code: 'malformed', message: 'wrong checksum', retry: false };
const unknown = (...hashes: string[]): Delivery => ({
  ok: false,
  code: 'unknown_schema',
  message: 'not known',
  retry: false,
  schemas: hashes,
});

/** Lets a sender send `count` batches to a side that gives these answers, one after the other, and then OK. */
function run(count: number, answers: Delivery[]) {
  const spool = new FakeSpool(count);
  const clock = new FakeClock();
  const seen: string[] = [];
  const deliver: Deliver = async (what, body) => {
    const names =
      what === 'batch'
        ? [String(body[0])]
        : decodeSchemas(body, 1e6).map(({ hash }) => (hash === one ? 'one' : 'two'));
    seen.push(`${what} ${names.join(' ')}`);
    return answers.shift() ?? OK;
  };
  const metrics = new AgentMetrics(new Registry(), silentLog, {
    backlog: () => 0,
    spoolBytes: () => 0,
  });
  const sender = new Sender(spool as unknown as Spool, deliver, clock, metrics);
  sender.start();
  onTestFinished(() => sender.close());
  return { spool, clock, seen, sender };
}

test('schemas go once, ahead of the first batch', async () => {
  const { spool, seen } = run(3, []);
  await expect.poll(() => spool.acknowledged).toEqual([1, 2, 3]);
  expect(seen).toEqual(['schemas one two', 'batch 1', 'batch 2', 'batch 3']);
});

test('what the other side has forgotten is sent again, then the same batch', async () => {
  const { spool, seen } = run(2, [OK, OK, unknown(two)]);
  await expect.poll(() => spool.acknowledged).toEqual([1, 2]);
  expect(seen).toEqual(['schemas one two', 'batch 1', 'batch 2', 'schemas two', 'batch 2']);
});

test('one that asks for ever for the same is asked again only after a pause', async () => {
  const { spool, clock, seen, sender } = run(1, [OK, unknown(one), OK, unknown(one)]);
  await expect.poll(() => sender.failure).toBe('not known');
  expect(seen).toHaveLength(4);
  await clock.advance(250);
  await expect.poll(() => spool.acknowledged).toEqual([1]);
});

test('the same bytes are tried again with growing pauses while the other side is away', async () => {
  const { spool, clock, seen, sender } = run(1, [OK, AWAY, AWAY, AWAY]);
  for (const [tries, pauseMs] of [
    [1, 250],
    [2, 500],
    [3, 1000],
  ] as const) {
    await expect.poll(() => seen.filter((line) => line === 'batch 1').length).toBe(tries);
    expect(sender.failure).toBe('connection refused');
    await clock.advance(pauseMs - 1);
    expect(seen.filter((line) => line === 'batch 1').length).toBe(tries);
    await clock.advance(1);
  }
  await expect.poll(() => spool.acknowledged).toEqual([1]);
  expect(sender.failure).toBeUndefined();
});

test('a batch that is refused for good does not hold up the next', async () => {
  const { spool, seen } = run(2, [OK, BAD]);
  await expect.poll(() => spool.acknowledged).toEqual([1, 2]);
  expect(seen).toEqual(['schemas one two', 'batch 1', 'batch 2']);
});

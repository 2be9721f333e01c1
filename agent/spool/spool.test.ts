import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';

import { decodeBatch } from '../../wire/batch.ts';
import { labelsFrom } from '../../wire/labels.ts';
import { encodeSchema, schemaHash } from '../../wire/schema.ts';
import { Spool, type SpoolFrame, type SpoolOptions } from './spool.ts';

const encodedSchema = encodeSchema([labelsFrom({ __name__: 'x' })]);
const schema = schemaHash(encodedSchema);

function frame(value: number): SpoolFrame {
  return { schema, encodedSchema, atMs: 1000 + value, values: Float64Array.of(value) };
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'binnacle-spool-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function open(folder: string, options: Partial<SpoolOptions> = {}) {
  const told: string[] = [];
  const events = {
    dropped: (batches: number) => void told.push(`dropped ${batches}`),
    damaged: (_file: string, at: number) => void told.push(`damaged at ${at}`),
    positionsDamaged: () => void told.push('positions damaged'),
    cursorUnwritten: (reason: string) => void told.push(reason.slice(0, 6)),
  };
  return {
    spool: new Spool({ folder, maxBytes: 1e9, bootId: 'boot-1', nowMs: 5000, events, ...options }),
    told,
  };
}

/** The values of the batches in the order in which they are sent; acknowledges up to `most` of them. */
function drain(spool: Spool, most = Infinity): number[] {
  const values: number[] = [];
  for (let batch = spool.peek(); batch !== undefined && values.length < most; batch = spool.peek()) {
    expect([...batch.schemas.keys()]).toContain(schema);
    values.push(decodeBatch(batch.bytes, 1e6).frames[0]!.values[0] as number);
    spool.acknowledge(batch);
  }
  return values;
}

const logs = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .sort();

describe('the spool', () => {
  test('gives batches back in order, the same bytes, numbered from 1', () => {
    const { spool } = open(temporaryFolder());
    const ids = [1, 2, 3].map((n) => spool.append([frame(n)]));
    expect(ids.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(spool.backlog).toBe(3);
    expect(spool.peek()).toBe(spool.peek());
    expect(drain(spool)).toEqual([1, 2, 3]);
    expect(spool.backlog).toBe(0);
    expect(spool.peek()).toBeUndefined();
  });

  test('goes on after a restart where it was, with the same numbering', () => {
    const folder = temporaryFolder();
    const first = open(folder).spool;
    for (const n of [1, 2, 3, 4]) first.append([frame(n)]);
    const bytes = first.peek()!.bytes;
    drain(first, 2);
    first.close();
    const second = open(folder).spool;
    expect(second.backlog).toBe(2);
    expect(second.append([frame(5)]).sequence).toBe(5);
    expect(Buffer.compare(second.peek()!.bytes, bytes)).not.toBe(0);
    expect(drain(second)).toEqual([3, 4, 5]);
  });

  test('keeps counting when all is acknowledged and the files are gone', () => {
    const folder = temporaryFolder();
    const first = open(folder).spool;
    const { agent, epoch } = first.append([frame(1)]);
    drain(first);
    first.close();
    for (const name of logs(folder)) rmSync(join(folder, name));
    expect(open(folder).spool.append([frame(2)])).toEqual({ agent, epoch, sequence: 2 });
  });

  test('of a newer version is left as it is', () => {
    const folder = temporaryFolder();
    open(folder).spool.close();
    const file = join(folder, 'identity.json');
    const newer = readFileSync(file, 'utf8').replace('"version":1', '"version":2');
    writeFileSync(file, newer);
    expect(() => open(folder)).toThrow(/identity.json has version 2.*reads 1/);
    expect(readFileSync(file, 'utf8')).toBe(newer);
  });

  test('a new boot begins a new epoch; what waits keeps its numbers', () => {
    const folder = temporaryFolder();
    const first = open(folder).spool;
    first.append([frame(1)]);
    first.close();
    // The clock went back meanwhile; the epoch does not.
    const second = open(folder, { bootId: 'boot-2', nowMs: 10 }).spool;
    const id = second.append([frame(2)]);
    expect(id).toMatchObject({ epoch: 5001, sequence: 1 });
    expect(second.peek()!.id).toMatchObject({ agent: id.agent, epoch: 5000, sequence: 1 });
    expect(drain(second)).toEqual([1, 2]);
    second.close();
    expect(drain(open(folder, { bootId: 'boot-2' }).spool)).toEqual([]);
  });

  test.each(['gone', 'empty'])('numbers are new when the identity is %s and the clock went back', (how) => {
    const folder = temporaryFolder();
    const { spool } = open(folder);
    for (const n of [1, 2, 3]) spool.append([frame(n)]);
    drain(spool, 2);
    const identity = join(folder, 'identity.json');
    if (how === 'gone') rmSync(identity);
    else writeFileSync(identity, '');
    const after = open(folder, { bootId: 'boot-2', nowMs: 0 }).spool;
    expect(after.append([frame(4)])).toMatchObject({ epoch: 5001, sequence: 1 });
    expect(drain(after)).toEqual([3, 4]);
  });

  test('an acknowledgement that can not be written down does not stop it', () => {
    const folder = temporaryFolder();
    const { spool, told } = open(folder);
    mkdirSync(join(folder, 'cursor.json.new'));
    for (const n of [1, 2]) spool.append([frame(n)]);
    expect(drain(spool)).toEqual([1, 2]);
    expect(told).toEqual(['EISDIR', 'EISDIR']);
    expect(drain(open(folder).spool)).toEqual([1, 2]);
  });

  test('a damaged record at the end is told, a half-written one is not', () => {
    const folder = temporaryFolder();
    const { spool } = open(folder);
    for (const n of [1, 2]) spool.append([frame(n)]);
    const file = join(folder, logs(folder)[0] as string);
    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(0, -3));
    expect(open(folder).told).toEqual([]);
    const zeroed = Buffer.from(whole);
    zeroed.fill(0, whole.length - 3);
    writeFileSync(file, zeroed);
    expect(open(folder).told).toEqual([expect.stringMatching(/^damaged at \d+$/)]);
  });

  test('a half-written record at the end is cut off, its number used again', () => {
    const folder = temporaryFolder();
    const first = open(folder).spool;
    first.append([frame(1)]);
    first.append([frame(2)]);
    first.close();
    const file = join(folder, logs(folder)[0]!);
    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(0, -3));
    const second = open(folder).spool;
    expect(second.append([frame(3)]).sequence).toBe(2);
    expect(drain(second)).toEqual([1, 3]);
  });

  test('rubbish after the end does no harm', () => {
    const folder = temporaryFolder();
    const first = open(folder).spool;
    first.append([frame(1)]);
    first.close();
    appendFileSync(join(folder, logs(folder)[0]!), Buffer.alloc(100, 0xff));
    const second = open(folder).spool;
    second.append([frame(2)]);
    expect(drain(second)).toEqual([1, 2]);
  });

  test('the oldest go, counted, when it is too large; what is left can be sent', () => {
    const folder = temporaryFolder();
    const { spool, told } = open(folder, { maxBytes: 4000 });
    for (let n = 1; n <= 100; n++) spool.append([frame(n)]);
    expect(spool.bytes).toBeLessThanOrEqual(4000);
    const kept = drain(spool);
    expect(kept.at(-1)).toBe(100);
    expect(kept).toEqual(Array.from(kept, (_, i) => 100 - kept.length + 1 + i));
    const dropped = told.reduce((sum, line) => sum + Number(/dropped (\d+)/.exec(line)?.[1]), 0);
    expect(dropped + kept.length).toBe(100);
  });

  test('a batch that was dropped while it was sent is let go', () => {
    const { spool } = open(temporaryFolder(), { maxBytes: 4000 });
    spool.append([frame(0)]);
    const sent = spool.peek()!;
    for (let n = 1; n <= 100; n++) spool.append([frame(n)]);
    const before = spool.backlog;
    spool.acknowledge(sent);
    expect(spool.backlog).toBe(before);
  });

  test('segments that are sent are removed', () => {
    const folder = temporaryFolder();
    const { spool } = open(folder, { maxBytes: 8000 });
    for (let round = 0; round < 40; round++) {
      for (let n = 0; n < 5; n++) spool.append([frame(n)]);
      drain(spool);
    }
    expect(logs(folder).length).toBeLessThan(4);
  });

  test('any damage loses batches, never invents one, and never stops it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 255 }), (place, byte) => {
        const folder = mkdtempSync(join(tmpdir(), 'binnacle-spool-'));
        try {
          const first = open(folder, { maxBytes: 8000 }).spool;
          for (let n = 1; n <= 30; n++) first.append([frame(n)]);
          first.close();
          const file = join(folder, logs(folder)[place % logs(folder).length]!);
          const bytes = readFileSync(file);
          bytes[place % bytes.length] = byte;
          writeFileSync(file, bytes);
          const { spool } = open(folder, { maxBytes: 8000 });
          spool.append([frame(31)]);
          const values = drain(spool);
          expect(values.at(-1)).toBe(31);
          expect(values).toEqual([...new Set(values)].sort((a, b) => a - b));
          spool.close();
        } finally {
          rmSync(folder, { recursive: true, force: true });
        }
      }),
      { numRuns: 60 },
    );
  });
});

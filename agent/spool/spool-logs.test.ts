import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { temporaryFolder } from '../../test/tools/temporary-folder.ts';
import { decodeBatch } from '../../wire/batch.ts';
import { labelsFrom } from '../../wire/labels.ts';
import type { LogStream } from '../../wire/log-stream.ts';
import { encodeSchema, schemaHash } from '../../wire/schema.ts';
import { Spool, type SpooledBatch, type SpoolFrame, type SpoolOptions } from './spool.ts';

const encodedSchema = encodeSchema([labelsFrom({ __name__: 'x' })]);
const schema = schemaHash(encodedSchema);

function frame(value: number): SpoolFrame {
  return { schema, encodedSchema, atMs: 1000 + value, values: Float64Array.of(value) };
}

function lines(...texts: string[]): LogStream[] {
  const timesNs = BigInt64Array.from(texts, (_, i) => 10n ** 18n + BigInt(i));
  return [{ labels: labelsFrom({ job: 'files', filename: '/x' }), timesNs, lines: texts }];
}

function open(folder: string, options: Partial<SpoolOptions> = {}) {
  const told: string[] = [];
  const events = {
    dropped: (batches: number) => void told.push(`dropped ${batches}`),
    damaged: (_file: string, at: number) => void told.push(`damaged at ${at}`),
    positionsDamaged: (reason: string) => void told.push(`positions: ${reason}`),
  };
  const spool = new Spool({ folder, maxBytes: 1e9, bootId: 'boot-1', nowMs: 5000, events, ...options });
  return { spool, told };
}

/** What a batch says: the value of its sample or its lines. */
function said({ bytes }: SpooledBatch): (number | string)[] {
  const { frames, logs } = decodeBatch(bytes, 1e6);
  return [...frames.map(({ values }) => values[0] as number), ...logs.flatMap(({ lines }) => lines)];
}

function drain(
  from: { peek(): SpooledBatch | undefined; acknowledge(batch: SpooledBatch): void },
  most = Infinity,
): (number | string)[] {
  const all: (number | string)[] = [];
  for (let batch = from.peek(); batch && all.length < most; batch = from.peek()) {
    all.push(...said(batch));
    from.acknowledge(batch);
  }
  return all;
}

const at = (place: number): Map<string, unknown> => new Map([['file', place]]);

describe('log batches', () => {
  test('share numbers and order with samples', () => {
    const { spool } = open(temporaryFolder());
    spool.append([frame(1)]);
    spool.appendLogs(lines('a', 'b'), at(4));
    spool.append([frame(2)]);
    expect(spool.backlog).toBe(3);
    expect(drain(spool)).toEqual([1, 'a', 'b', 2]);
    expect(spool.waitingLogBytes).toBe(0);
  });

  test('positions go on after a restart where lines were written to the spool', () => {
    const folder = temporaryFolder();
    const first = open(folder).spool;
    expect(first.isNew).toBe(true);
    first.begin(new Map([['other', 7]]));
    first.appendLogs(lines('a'), at(2));
    first.appendLogs(lines('b'), new Map<string, unknown>([...at(4), ['gone', 1]]));
    first.appendLogs(lines('c'), new Map([['gone', null]]));
    // Killed: nothing is closed.
    const second = open(folder).spool;
    expect(second.isNew).toBe(false);
    expect(Object.fromEntries(second.positions)).toEqual({ file: 4, other: 7 });
  });

  test('a lost spool takes positions back to what was acknowledged', async () => {
    const folder = temporaryFolder();
    const first = open(folder).spool;
    for (const place of [1, 2, 3]) first.appendLogs(lines('x'), at(place));
    drain(first, 2);
    await first.savePositions();
    for (const name of readdirSync(join(folder, 'logs')))
      if (name.endsWith('.log')) rmSync(join(folder, 'logs', name));
    expect([...open(folder, { bootId: 'boot-2' }).spool.positions]).toEqual([['file', 2]]);
  });

  test('positions outlive the segments that told them', async () => {
    const folder = temporaryFolder();
    const first = open(folder, { maxBytes: 4000 }).spool;
    for (let place = 1; place <= 60; place++) {
      first.appendLogs(lines(`line ${place}`), at(place));
      drain(first);
      expect(first.bytes).toBeLessThanOrEqual(4000);
    }
    await first.savePositions();
    const names = readdirSync(join(folder, 'logs')).filter((name) => name.endsWith('.log'));
    expect(names.length).toBe(1);
    expect([...open(folder, { maxBytes: 4000 }).spool.positions]).toEqual([['file', 60]]);
  });

  test('are never dropped: samples make room', () => {
    const { spool, told } = open(temporaryFolder(), { maxBytes: 8000 });
    for (let n = 1; n <= 20; n++) {
      spool.appendLogs(lines(`line ${n}`), at(n));
      for (let i = 0; i < 10; i++) spool.append([frame(n)]);
    }
    expect(told.length).toBeGreaterThan(0);
    const texts = drain(spool).filter((each) => typeof each === 'string');
    expect(texts).toEqual(Array.from({ length: 20 }, (_, i) => `line ${i + 1}`));
  });

  test('wait for the slowest receiver, also over restarts', () => {
    const folder = temporaryFolder();
    const options = { maxBytes: 4000, logOutputs: ['fluent'] };
    let { spool } = open(folder, options);
    for (let n = 1; n <= 40; n++) {
      spool.appendLogs(lines(String(n)), at(n));
      spool.append([frame(n)]);
    }
    expect(drain(spool).filter((each) => typeof each === 'string')).toHaveLength(40);
    expect(drain(spool.logOutput('fluent'), 10)).toHaveLength(10);
    spool.close();
    spool = open(folder, options).spool;
    expect(drain(spool)).toEqual([]);
    expect(spool.waitingLogBytes).toBeGreaterThan(0);
    expect(positionsIn(folder)).toEqual([['file', 10]]);
    expect([...spool.positions]).toEqual([['file', 40]]);
    expect(drain(spool.logOutput('fluent'))).toEqual(Array.from({ length: 30 }, (_, i) => String(i + 11)));
    spool.close();
    expect(positionsIn(folder)).toEqual([['file', 40]]);
  });

  test.each(['', '{', '{"version":2}', '{"version":1,"positions":[["a"]]}'])(
    'a positions file %j is told, and is not as a first start',
    (content) => {
      const folder = temporaryFolder();
      open(folder).spool.begin(at(1));
      writeFileSync(join(folder, 'logs/positions.json'), content);
      const { spool, told } = open(folder);
      expect(told).toEqual([expect.stringMatching(/^positions: /)]);
      expect(spool.isNew).toBe(false);
      expect(spool.positions.size).toBe(0);
    },
  );

  test('a batch that is cut anywhere is not there, and neither are its positions', () => {
    const folder = temporaryFolder();
    const { spool } = open(folder);
    spool.appendLogs(lines('a'), at(2));
    const file = join(folder, 'logs/00000000000000000001.log');
    const one = statSync(file).size;
    spool.appendLogs(lines('b'), at(4));
    const whole = readFileSync(file);
    for (let size = whole.length - 1; size >= one; size--) {
      truncateSync(file, size);
      const again = open(folder).spool;
      expect([...again.positions], `cut at ${size}`).toEqual([['file', 2]]);
      again.close();
      expect(statSync(file).size).toBe(one);
      writeFileSync(file, whole.subarray(0, Math.max(one, size - 1)));
    }
  });

  test('any steps: each receiver gets every line once and in order; positions never run ahead', () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.constant('logs' as const) },
      { weight: 3, arbitrary: fc.constant('samples' as const) },
      { weight: 4, arbitrary: fc.constant('aggregator' as const) },
      { weight: 3, arbitrary: fc.constant('fluent' as const) },
      { weight: 1, arbitrary: fc.constant('kill' as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const folder = mkdtempSync(join(tmpdir(), 'binnacle-spool-'));
        const options = { maxBytes: 6000, logOutputs: ['fluent'] };
        let { spool } = open(folder, options);
        const got = { aggregator: [] as string[], fluent: [] as string[] };
        const take = (name: 'aggregator' | 'fluent'): boolean => {
          const output = name === 'fluent' ? spool.logOutput('fluent') : spool;
          const batch = output.peek();
          if (batch === undefined) return false;
          got[name].push(...said(batch).filter((each) => typeof each === 'string'));
          output.acknowledge(batch);
          return true;
        };
        let written = 0;
        try {
          for (const each of steps) {
            if (each === 'logs') spool.appendLogs(lines(String(++written)), at(written));
            else if (each === 'samples') spool.append([frame(1)]);
            else if (each === 'kill') spool = open(folder, options).spool;
            else take(each);
            expect(spool.positions.get('file') ?? 0).toBe(written);
            const behind = Math.min(got.aggregator.length, got.fluent.length);
            expect(Number(new Map(positionsIn(folder)).get('file') ?? 0)).toBeLessThanOrEqual(behind);
          }
          while (take('aggregator') || take('fluent'));
          const all = Array.from({ length: written }, (_, i) => String(i + 1));
          expect(got).toEqual({ aggregator: all, fluent: all });
        } finally {
          spool.close();
          rmSync(folder, { recursive: true, force: true });
        }
      }),
      { numRuns: 60 },
    );
  });
});

function positionsIn(folder: string): [string, unknown][] {
  try {
    return (
      JSON.parse(readFileSync(join(folder, 'logs/positions.json'), 'utf8')) as {
        positions: [string, unknown][];
      }
    ).positions;
  } catch {
    return [];
  }
}

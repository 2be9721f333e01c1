import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { temporaryFolder } from '../tools/temporary-folder.ts';
import { MODES, seeded, writeImage, type Mode } from './disk.ts';
import { framesOf, lineNumbers, nameOf, openSpool, position, printOf } from './spool-workload.ts';
import { linesOf, openStore, samplesOf, type Sample } from './store-workload.ts';
import { traceProgram, type Trace } from './trace.ts';

/**
 * Real writers under strace, the power cut at many places of what they did, and the real programs started on what
 * the disk may hold then. BINNACLE_IMAGES sets how many of each.
 */
const IMAGES = Number(process.env['BINNACLE_IMAGES'] ?? 60);
const TIMEOUT_MS = 60_000 + 200 * IMAGES;

/** A folder in memory where there is one: what is started there syncs often. */
const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

const STORE_PROGRAM = new URL('./write-store.ts', import.meta.url).pathname;

const SPOOL_PROGRAM = new URL('./write-spool.ts', import.meta.url).pathname;

/**
 * Builds images with cuts at even distances and the modes in turn, so that each run covers the whole trace, and
 * gives each to `check`. Throws the first fault with the image that shows it, and the number of all.
 */
async function checkImages(
  trace: Trace,
  check: (folder: string, cut: number) => Promise<void> | void,
): Promise<void> {
  const faults: Error[] = [];
  for (let seed = 0; seed < IMAGES; seed++) {
    const cut = Math.round(((seed + 1) / IMAGES) * trace.operations.length);
    const mode = MODES[seed % MODES.length] as Mode;
    const folder = mkdtempSync(join(MEMORY, 'binnacle-image-'));
    try {
      writeImage(trace, cut, mode, seeded(seed), folder);
      await check(folder, cut);
    } catch (cause) {
      faults.push(new Error(`after ${cut} of ${trace.operations.length} operations, ${mode}`, { cause }));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  const [cause] = faults;
  if (cause) throw new Error(`${faults.length} of ${IMAGES} images are not as promised`, { cause });
}

const saidBefore = (trace: Trace, cut: number, word: string): string[] =>
  trace.operations
    .slice(0, cut)
    .flatMap((op) =>
      op.kind === 'say' && op.line.startsWith(`${word} `) ? [op.line.slice(word.length + 1)] : [],
    );

describe('power loss', () => {
  test(
    'the store has every acknowledged batch once, bit for bit',
    async () => {
      const folder = temporaryFolder();
      const batches = 60;
      const data = join(folder, 'data');
      mkdirSync(data);
      const trace = await traceProgram(
        STORE_PROGRAM,
        [join(data, 'store'), String(batches)],
        data,
        join(folder, 'trace'),
      );
      expect(saidBefore(trace, Infinity, 'ACK')).toHaveLength(batches);
      await checkImages(trace, (place, cut) => {
        const acknowledged = saidBefore(trace, cut, 'ACK').map(Number);
        return checkStore(join(place, 'store'), acknowledged, batches);
      });
    },
    TIMEOUT_MS,
  );

  test(
    'the spool never gives a number to two batches, and loses no line',
    async () => {
      const folder = temporaryFolder();
      const data = join(folder, 'data');
      mkdirSync(data);
      const trace = await traceProgram(SPOOL_PROGRAM, [join(data, 'spool')], data, join(folder, 'trace'));
      await checkImages(trace, (place, cut) => {
        const sent = saidBefore(trace, cut, 'SENT').map((line) => line.split(' '));
        checkSpool(join(place, 'spool'), sent);
      });
    },
    TIMEOUT_MS,
  );
});

/** `sent`: name, checksum and line numbers of what the other side has. */
function checkSpool(folder: string, sent: readonly string[][]): void {
  const checksums = new Map(sent.map(([name = '', crc = '']) => [name, crc]));
  const lines = new Set(sent.flatMap(([, , ...numbers]) => numbers.map(Number)));
  const told: string[] = [];
  // The second time as after a crash of the process alone.
  for (const round of [1, 2]) {
    const spool = openSpool(folder, 'boot 3', told);
    const reached = position(spool);
    const added = [spool.append(framesOf(1000 + round)), spool.append(framesOf(2000 + round))].map(nameOf);
    expect(
      added.filter((name) => checksums.has(name)),
      'numbers given again',
    ).toEqual([]);
    for (let batch = spool.peek(); batch; batch = spool.peek()) {
      const [name = '', crc = ''] = printOf(batch).split(' ');
      expect(checksums.get(name) ?? crc, `the bytes of ${name}`).toBe(crc);
      checksums.set(name, crc);
      for (const number of lineNumbers(batch)) lines.add(number);
      spool.acknowledge(batch);
    }
    expect(
      added.filter((name) => !checksums.has(name)),
      'batches that were not sent',
    ).toEqual([]);
    const missing = Array.from({ length: reached }, (_, i) => i).filter((number) => !lines.has(number));
    expect(missing, `lines before ${reached}, which are not read again`).toEqual([]);
    spool.close();
  }
  expect(told.filter((text) => text.startsWith('positions'))).toEqual([]);
}

async function checkStore(folder: string, acknowledged: readonly number[], batches: number): Promise<void> {
  let store = openStore(folder);
  const all = Array.from({ length: batches }, (_, i) => i + 1);
  const taken = all.filter((n) => store.has(n));
  expect(taken, 'acknowledged batches').toEqual(expect.arrayContaining([...acknowledged]));
  expectContent(store, taken);
  // The agent sends again what it does not know to be taken.
  store.give(all);
  await store.writer.fold();
  expectContent(store, all);
  await store.close();
  store = openStore(folder);
  expectContent(store, all);
  expect(store.damage).toEqual([]);
  await store.close();
}

function expectContent(
  store: { samples(): Sample[]; lines(): string[]; damage: readonly string[] },
  numbers: readonly number[],
): void {
  const key = ({ series, atMs, bits }: Sample): string => `${series} ${atMs} ${bits}`;
  expect(store.samples().map(key).sort()).toEqual(numbers.flatMap(samplesOf).map(key).sort());
  expect(store.lines()).toEqual(numbers.flatMap(linesOf));
  expect(store.damage).toEqual([]);
}

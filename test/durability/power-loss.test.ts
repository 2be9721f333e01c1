import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { temporaryFolder } from '../tools/temporary-folder.ts';
import { MODES, seeded, writeImage, type Mode } from './disk.ts';
import { linesOf, openStore, samplesOf, type Sample } from './store-workload.ts';
import { traceProgram, type Trace } from './trace.ts';

/**
 * Real writers under strace, the power cut at many places of what they did, and the real programs started on what
 * the disk may hold then. BINNACLE_IMAGES sets how many.
 */
const IMAGES = Number(process.env['BINNACLE_IMAGES'] ?? 150);
const TIMEOUT_MS = 60_000 + 200 * IMAGES;

/** A folder in memory where there is one: what is started there syncs often. */
const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

const STORE_PROGRAM = new URL('./write-store.ts', import.meta.url).pathname;

/** Cuts at even distances, and the modes in turn, so that each run covers the whole trace. */
function cuts(trace: Trace): { cut: number; mode: Mode; seed: number }[] {
  return Array.from({ length: IMAGES }, (_, i) => ({
    cut: Math.round(((i + 1) / IMAGES) * trace.operations.length),
    mode: MODES[i % MODES.length] as Mode,
    seed: i,
  }));
}

/** Builds an image and gives it to `check`; what it throws names the image. */
async function withImage(
  trace: Trace,
  { cut, mode, seed }: { cut: number; mode: Mode; seed: number },
  check: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(MEMORY, 'binnacle-image-'));
  try {
    writeImage(trace, cut, mode, seeded(seed), folder);
    await check(folder);
  } catch (cause) {
    throw new Error(`image cut=${cut} mode=${mode} seed=${seed} of ${trace.operations.length} operations`, {
      cause,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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
      for (const image of cuts(trace)) {
        const acknowledged = saidBefore(trace, image.cut, 'ACK').map(Number);
        await withImage(trace, image, (place) => checkStore(join(place, 'store'), acknowledged, batches));
      }
    },
    TIMEOUT_MS,
  );
});

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

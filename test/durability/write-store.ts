/**
 * Writes batches to the store in a folder and says `ACK n` of each that was acknowledged, with folds and with a
 * restart between. Run under strace by `power-loss.test.ts`.
 */
import { writeSync } from 'node:fs';

import { openStore } from './store-workload.ts';

const [folder = '', batches = '60'] = process.argv.slice(2);
const GROUP = 3;
const FOLD_EVERY = 4;
const REOPEN_AT = 7;

let store = openStore(folder);
let groups = 0;
for (let n = 1; n <= Number(batches); groups++) {
  const numbers = Array.from({ length: 1 + (groups % GROUP) }, () => n++);
  for (const [i, acknowledged] of store.give(numbers).entries()) {
    if (acknowledged) writeSync(1, `ACK ${numbers[i]}\n`);
  }
  // Not waited for: batches come while it goes on.
  if (groups % FOLD_EVERY === 1) void store.writer.fold();
  if (groups % REOPEN_AT === REOPEN_AT - 1) {
    await store.close();
    store = openStore(folder);
  }
  await new Promise((resolve) => setImmediate(resolve));
}
await store.writer.fold();
await store.close();

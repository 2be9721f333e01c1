/**
 * Appends batches to the spool in a folder, sends and acknowledges them: `SENT name crc lines...` of each that
 * another machine has from then on. Restarts between, and a reboot in the middle. Run under strace by
 * `power-loss.test.ts`.
 */
import { writeSync } from 'node:fs';

import { REBOOT } from './disk.ts';
import { framesOf, lineNumbers, linesFrom, openSpool, position, printOf } from './spool-workload.ts';

const [folder = ''] = process.argv.slice(2);
const BATCHES_A_BOOT = 90;
const RESTART_EVERY = 25;
const SAVE_EVERY = 10;
/** So many wait while the other side is away, which it is half of the time. */
const AWAY = 20;

for (const boot of ['boot 1', 'boot 2']) {
  let spool = openSpool(folder, boot);
  for (let n = 1; n <= BATCHES_A_BOOT; n++) {
    if (n % 3 === 0) {
      const { streams, checkpoint } = linesFrom(position(spool));
      spool.appendLogs(streams, checkpoint);
    } else {
      spool.append(framesOf(n));
    }
    const next = n % (2 * AWAY) < AWAY ? () => undefined : () => spool.peek();
    for (let batch = next(); batch; batch = next()) {
      writeSync(1, `SENT ${printOf(batch)} ${lineNumbers(batch).join(' ')}\n`);
      spool.acknowledge(batch);
    }
    if (n % SAVE_EVERY === 0) await spool.savePositions();
    if (n % RESTART_EVERY === 0) {
      spool.close();
      spool = openSpool(folder, boot);
    }
  }
  spool.close();
  writeSync(1, `${REBOOT}\n`);
}

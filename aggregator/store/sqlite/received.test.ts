import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { Received, RECEIVED_TABLE } from './received.ts';

test('knows the numbers that were taken, whatever their order, also when it is asked anew', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.integer({ min: 1, max: 12 }), fc.boolean()), {
        maxLength: 30,
      }),
      (steps) => {
        const database = new Database(':memory:');
        database.exec(RECEIVED_TABLE);
        const received = new Received(database);
        const taken = new Set<string>();
        for (const [agent, sequence, isTakenBack] of steps) {
          const id = { agent, epoch: 5, sequence };
          database.exec('BEGIN');
          if (!received.has(id)) received.mark(id);
          database.exec(isTakenBack ? 'ROLLBACK' : 'COMMIT');
          if (isTakenBack) received.forget();
          else taken.add(`${agent} ${sequence}`);
        }
        for (const looker of [received, new Received(database)]) {
          for (const agent of ['a', 'b']) {
            const all = Array.from({ length: 14 }, (_, sequence) => sequence);
            const known = all.filter((sequence) => looker.has({ agent, epoch: 5, sequence }));
            expect(known).toEqual(all.filter((sequence) => taken.has(`${agent} ${sequence}`)));
            expect(looker.lastSequence(agent, 5)).toBe(Math.max(0, ...known));
            expect(looker.has({ agent, epoch: 6, sequence: 1 })).toBe(false);
          }
        }
        const rows = database
          .prepare('SELECT agent, first, last FROM received ORDER BY agent, first')
          .all() as {
          agent: string;
          first: number;
          last: number;
        }[];
        for (const [i, { agent, first }] of rows.entries()) {
          const before = rows[i - 1];
          if (before?.agent === agent) expect(first).toBeGreaterThan(before.last + 1);
        }
        database.close();
      },
    ),
  );
});

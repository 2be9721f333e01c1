import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { temporaryFolder } from '../../test/tools/temporary-folder.ts';
import { agedStore } from './aged-store.ts';

test('a store of three days is made once', async () => {
  const cache = temporaryFolder();
  const age = { series: 1200, days: 3 };
  const made = await agedStore(age, cache);
  expect(made.samples).toBe(1200 * 3 * 4);
  expect(made.madeInSeconds).toBeGreaterThan(0);
  const days = (): string[] =>
    readdirSync(join(made.folder, 'store/metrics')).filter((name) => name.endsWith('.db'));
  expect(days()).toEqual(['2026-01-10.db', '2026-01-11.db', '2026-01-12.db']);
  const madeMs = statSync(made.folder).birthtimeMs;
  expect(await agedStore(age, cache)).toEqual({ ...made, madeInSeconds: undefined });
  expect(statSync(made.folder).birthtimeMs).toBe(madeMs);
  expect(readdirSync(cache)).toHaveLength(1);
});

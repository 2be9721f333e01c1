import { execFileSync } from 'node:child_process';

import { expect, test } from 'vitest';

import { PEERS } from '../../scripts/peers/table.ts';
import { peer } from './peers.ts';

test.each(PEERS.flatMap((each) => each.programs))('%s is there and starts', (program) => {
  execFileSync(peer(program), ['--version'], { stdio: 'pipe' });
});

test('a missing program names the script that fetches it', () => {
  expect(() => peer('promtool', '/nowhere', '/nowhere/bin')).toThrow(/promtool.*node scripts\/peers\.ts/);
});

import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { temporaryFolder } from '../../test/tools/temporary-folder.ts';
import { folderBytes } from './folder-size.ts';

test('lengths are summed, holes are not', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'below'));
  writeFileSync(join(folder, 'a.db'), Buffer.alloc(5000, 1), { flush: true });
  writeFileSync(join(folder, 'below/b.index'), Buffer.alloc(300, 1), { flush: true });
  writeFileSync(join(folder, 'holes'), '');
  truncateSync(join(folder, 'holes'), 1 << 24);
  expect(folderBytes(folder)).toBe(5300);
  expect(folderBytes(folder, (path) => path.endsWith('.index'))).toBe(300);
  expect(folderBytes(join(folder, 'none'))).toBe(0);
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { atEnd } from './at-end.ts';

/** A new empty folder that is removed with all in it at the end of the test (or of the file, in a hook). */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'binnacle-'));
  atEnd(() => rmSync(path, { recursive: true, force: true, maxRetries: 3 }));
  return path;
}

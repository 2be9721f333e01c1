import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { reasonOf } from '../../lib/fault.ts';
import { atEnd } from './at-end.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A disk of its own. There is no other way to a real ENOSPC, so whoever runs this has to be root. */
export function smallDisk(megabytes: number): string {
  const place = join(temporaryFolder(), 'disk');
  mkdirSync(place);
  try {
    execFileSync('/usr/bin/mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', place], {
      stdio: 'pipe',
    });
  } catch (cause) {
    throw new Error(
      `a test of a full disk mounts a tmpfs at ${place}, which needs root (sudo npm test) and CAP_SYS_ADMIN: ${reasonOf(cause)}`,
      { cause },
    );
  }
  atEnd(() => void execFileSync('/usr/bin/umount', ['-l', place]));
  return place;
}

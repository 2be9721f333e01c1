import { statfsSync } from 'node:fs';

import { Fault } from '../../lib/fault.ts';
import { printBytes } from '../print-bytes.ts';

/** What the file system itself takes for names and tables. */
const OVERHEAD = 1.01;

/** Throws the Fault `no_room` when a folder's volume has less free than so many bytes of files need. */
export function requireRoom(folder: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(folder);
  const neededBytes = Math.ceil(bytes * OVERHEAD);
  const freeBytes = bavail * bsize;
  if (freeBytes >= neededBytes) return;
  throw new Fault(
    'no_room',
    `${folder} has too little room: ${printBytes(neededBytes)} are needed, ${printBytes(freeBytes)} are free`,
  );
}

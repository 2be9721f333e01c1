import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { Fault } from '../../../lib/fault.ts';
import type { FileSnapshot } from './file-snapshot.ts';

const JOURNAL = 'journal.db';

/** A fold takes longer than the opening of all files, so that the second try is the last but in a strange case. */
const MAX_TRIES = 20;

/**
 * The database files of a store by their path in it, the journal first, then the newest days, of each the tiers last:
 * a tier is taken away before its day changes, so one that is there says what the day said that was opened before.
 */
export function storeFiles(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.db'),
  );
  const days = names.filter((name) => name !== JOURNAL).sort();
  days.sort((a, b) => (dayIn(a) === dayIn(b) ? 0 : dayIn(a) < dayIn(b) ? 1 : -1));
  return names.includes(JOURNAL) ? [JOURNAL, ...days] : days;
}

function dayIn(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1, name.lastIndexOf('/') + 1 + 'yyyy-mm-dd'.length);
}

/**
 * The whole store as it stands at one moment, whoever writes to it meanwhile: all that was committed before, and
 * nothing that came after, by the path of each file in the store. The caller closes each.
 *
 * A fold moves entries from the journal to the days, and drops them from the journal last. So the journal is
 * looked at first: what it has no more, the days have; what both have is passed over at a start, by the note of
 * the day. A day that has noted a later entry than the journal's last one holds what came after that moment: then
 * all are opened again. If that day has noted the same once more, it is from a journal that is gone.
 */
export function openStoreSnapshot(
  folder: string,
  open: (file: string) => FileSnapshot,
): Map<string, FileSnapshot> {
  let stale = Infinity;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const files = openAll(folder, open);
    try {
      const last = files
        .get(JOURNAL)
        ?.value('sqlite_sequence', "SELECT seq FROM sqlite_sequence WHERE name = 'entry'");
      const noted = Math.max(0, ...[...files.values()].map(foldedThrough));
      if (noted <= Number(last ?? 0) || noted === stale) return files;
      stale = noted;
    } catch (thrown) {
      closeAll(files);
      throw thrown;
    }
    closeAll(files);
  }
  throw new Fault('busy', `the store ${folder} folds faster than its files can be opened: try again`, {
    retry: true,
  });
}

function openAll(folder: string, open: (file: string) => FileSnapshot): Map<string, FileSnapshot> {
  const files = new Map<string, FileSnapshot>();
  const add = (name: string): void => {
    const file = join(folder, name);
    // Retention may have dropped it since the folder was read.
    if (files.has(name) || !existsSync(file)) return;
    const snapshot = open(file);
    // One whose making is not committed yet has nothing in it.
    if (snapshot.bytes === 0) snapshot.close();
    else files.set(name, snapshot);
  };
  try {
    add(JOURNAL);
    // Listed after that: a fold may have made a file just before.
    for (const name of storeFiles(folder)) add(name);
    return files;
  } catch (thrown) {
    closeAll(files);
    throw thrown;
  }
}

function foldedThrough(snapshot: FileSnapshot): number {
  return Number(snapshot.value('folded', 'SELECT through FROM folded') ?? 0);
}

function closeAll(files: ReadonlyMap<string, FileSnapshot>): void {
  for (const snapshot of files.values()) snapshot.close();
}

import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Folders and small files that outlive a power cut. What a file system promises about a name without fsync of
 * its folder differs; with it, all promise the same.
 */

/** Makes a folder, with those above it, when it is missing. */
export function makeDurableFolder(folder: string): void {
  const full = resolve(folder);
  const first = makeFolder(full);
  // Also when it was there: whoever made it may have been cut off before the name was on the disk.
  for (let made = full; ; made = dirname(made)) {
    syncFolder(dirname(made));
    if (first === undefined || made === first || made === dirname(made)) return;
  }
}

/**
 * Returns the highest folder that had to be made. Not by `recursive`: Node then tries for ever where the file
 * system refuses with ENOENT, as /proc does (26.10).
 */
function makeFolder(folder: string): string | undefined {
  if (isFolder(folder)) return undefined;
  const first = makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (thrown) {
    // Someone else may have made it meanwhile.
    if (!isFolder(folder)) throw thrown;
  }
  return first ?? folder;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Gives a file new content: after a crash at any moment it has the old or the new, whole. */
export function replaceDurably(file: string, content: string): void {
  const beside = `${file}.new`;
  const descriptor = openSync(beside, 'w');
  try {
    writeFileSync(descriptor, content);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(beside, file);
  syncFolder(dirname(file));
}

/** Writes to the disk which names a folder has. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What `stat` counts a file's blocks in. */
const BLOCK_BYTES = 512;

/**
 * Bytes of the files in a folder and below whose paths pass: their lengths, or less where the blocks that they
 * take are fewer (files with holes). No folder, no bytes.
 */
export function folderBytes(folder: string, passes: (path: string) => boolean = () => true): number {
  if (!existsSync(folder)) return 0;
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || !passes(path)) continue;
    // A file may go while we look: the stores merge.
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat) bytes += Math.min(stat.size, stat.blocks * BLOCK_BYTES);
  }
  return bytes;
}

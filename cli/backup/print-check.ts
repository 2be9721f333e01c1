import { printBytes } from '../print-bytes.ts';
import type { CheckResult } from './check.ts';

/** What a check found, for people: a line a finding, and what to do. */
export function printCheck({ folder, backup, files, bytes, damaged }: CheckResult): string {
  const read = `${folder}: ${files} ${files === 1 ? 'file' : 'files'}, ${printBytes(bytes)}`;
  if (damaged.length === 0) return `${read}, all right\n`;
  const lines = damaged.map(({ file, problem }) => `${file}: ${problem}`);
  const count = new Set(damaged.map(({ file }) => file)).size;
  return `${lines.join('\n')}\n${read}, ${count} damaged\n${backup ? BACKUP_ADVICE : DATA_ADVICE}`;
}

const BACKUP_ADVICE = 'This backup is not restored as it is: keep an earlier one, and take another.\n';
const DATA_ADVICE = `Answers leave out what is damaged and say so; the rest is served. To have it again, stop the program and put
the file of a backup in the place of the damaged one and of its -wal and -shm, or restore the whole backup.
`;

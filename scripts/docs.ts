/**
 * `node scripts/docs.ts [--check]`: writes the documents that follow from the code into docs/generated/. With
 * --check nothing is written: exit code 1 names each that is not as the code has it.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { generatedDocuments } from './docs/documents.ts';

const folder = resolve(import.meta.dirname, '../docs/generated');
const check = process.argv.includes('--check');

function current(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

mkdirSync(folder, { recursive: true });
for (const [name, text] of generatedDocuments()) {
  const path = join(folder, name);
  if (current(path) === text) continue;
  if (check) {
    console.error(`docs/generated/${name} is not what the code says: run npm run docs and commit it`);
    process.exitCode = 1;
  } else {
    writeFileSync(path, text);
    console.log(`docs/generated/${name} is written anew`);
  }
}

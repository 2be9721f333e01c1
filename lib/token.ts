import { readFileSync } from 'node:fs';

import { Fault, reasonOf } from './fault.ts';

/** The token in a file, without the line end. Throws a `Fault` that names the file and its setting. */
export function readToken(file: string, setting: string): string {
  let token: string;
  try {
    token = readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new Fault('bad_settings', `the token file can't be read (setting ${setting}): ${reasonOf(cause)}`, {
      cause,
    });
  }
  if (token === '') throw new Fault('bad_settings', `the token file ${file} is empty (setting ${setting})`);
  return token;
}

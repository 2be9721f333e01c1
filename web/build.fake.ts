import { build } from 'vite';

import { temporaryFolder } from '../test/tools/temporary-folder.ts';

/** Builds the page as it ships, into a folder that goes with the test; returns the folder. */
export async function buildPage(): Promise<string> {
  const outDir = temporaryFolder();
  const configFile = new URL('vite.config.ts', import.meta.url).pathname;
  await build({ configFile, logLevel: 'error', build: { outDir, emptyOutDir: true } });
  return outDir;
}

import { build } from 'vite';

/** Builds the page as it ships, into an empty folder. */
export async function buildPage(outDir: string): Promise<void> {
  const configFile = new URL('vite.config.ts', import.meta.url).pathname;
  await build({ configFile, logLevel: 'error', build: { outDir, emptyOutDir: true } });
}

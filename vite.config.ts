import { builtinModules } from 'node:module';

import { defineConfig } from 'vite';

import { fileUrls } from './scripts/build-urls.ts';

/** What runs of its own: the program, the parts that it loads when they are asked for, and the threads. */
const ENTRIES = {
  main: 'cli/main.ts',
  'writer-thread': 'aggregator/ingest/writer-thread.ts',
  'reader-thread': 'aggregator/query/reader-thread.ts',
};

/**
 * Bundles the program for the package, as Node refuses to strip types below node_modules. The page has a
 * configuration of its own in `web/`, built after this one.
 */
export default defineConfig({
  plugins: [fileUrls(import.meta.dirname, ENTRIES)],
  publicDir: false,
  ssr: {
    noExternal: true,
    // Brings a native library, which it finds beside its own files.
    external: ['better-sqlite3', ...builtinModules],
  },
  build: {
    ssr: true,
    target: 'node24',
    outDir: 'dist',
    // The licences of all that is in the bundle.
    license: { fileName: 'LICENSES.md' },
    rolldownOptions: {
      input: ENTRIES,
      output: { entryFileNames: '[name].js', chunkFileNames: '[name].js' },
    },
  },
});

import { builtinModules } from 'node:module';

import { defineConfig } from 'vite';

/** What runs of its own: the program and the threads, which `aggregator/main.ts` finds beside it under these names. */
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

import { builtinModules } from 'node:module';
import { relative } from 'node:path';

import { defineConfig, type EnvironmentOptions } from 'vite';

/** What runs of its own: the program and its threads, which `aggregator/main.ts` finds beside it by these names. */
const BUNDLES: Readonly<Record<string, EnvironmentOptions>> = {
  main: bundle('main', 'cli/main.ts'),
  writer: bundle('writer-thread', 'aggregator/ingest/writer-thread.ts'),
  reader: bundle('reader-thread', 'aggregator/query/reader-thread.ts'),
};

function bundle(name: string, source: string): EnvironmentOptions {
  return {
    consumer: 'server',
    resolve: {
      noExternal: true,
      // better-sqlite3 brings a native library, which it finds beside its own files.
      external: ['better-sqlite3', ...builtinModules],
    },
    build: {
      ssr: true,
      target: 'node24',
      outDir: 'dist',
      // The first one; the page is built last.
      emptyOutDir: name === 'main',
      // The licences of all that is built in.
      license: { fileName: `${name}.licenses.md` },
      rolldownOptions: {
        input: { [name]: source },
        output: {
          entryFileNames: '[name].js',
          chunkFileNames: ({ name: chunk, facadeModuleId }) =>
            `${name}-${nameOf(facadeModuleId) ?? chunk}.js`,
          // A part that is not run is not loaded: 11 MB less for an agent.
          codeSplitting: name === 'main',
        },
      },
    },
  };
}

/** Of a source of ours its path, as a name: `agent-main`. */
function nameOf(module: string | null): string | undefined {
  const path = module === null ? '..' : relative(import.meta.dirname, module);
  return path.startsWith('..') || path.startsWith('node_modules')
    ? undefined
    : path.replace(/\.\w+$/, '').replaceAll('/', '-');
}

/**
 * Bundles the program for the package, as Node refuses to strip types below node_modules. The page has a
 * configuration of its own in `web/`, built after this one.
 */
export default defineConfig({
  publicDir: false,
  environments: BUNDLES,
  builder: {
    async buildApp(builder) {
      for (const [name, environment] of Object.entries(builder.environments)) {
        if (name in BUNDLES) await builder.build(environment);
      }
    },
  },
});

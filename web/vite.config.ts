import { defineConfig } from 'vite';

/**
 * Every address in the output is relative, so that the page works under any path; nothing is inlined, so that
 * `default-src 'self'` holds.
 */
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // light-dark() and nesting stay as they are written.
    target: ['chrome123', 'firefox121', 'safari17.5'],
  },
});

import { dirname, join, relative, sep } from 'node:path';

import type { Plugin } from 'vite';

const FILE_URL = /new URL\(\s*'(\.[^']*)',\s*import\.meta\.url,?\s*\)/g;

/**
 * Moves `new URL('./some.ts', import.meta.url)` from the place of the source to the place of the bundle, which
 * lies flat in `dist`: entries become their `.js`, what is below `dist` stays where it is, and anything else is an
 * error, since it would not be in the package.
 */
export function fileUrls(root: string, entries: Readonly<Record<string, string>>): Plugin {
  const nameOf = new Map(Object.entries(entries).map(([name, source]) => [join(root, source), name]));
  return {
    name: 'file-urls',
    enforce: 'pre',
    transform(code, id) {
      if (!id.startsWith(root + sep) || id.includes(`${sep}node_modules${sep}`)) return null;
      return code.replaceAll(FILE_URL, (_, specifier: string) => {
        const target = join(dirname(id), specifier);
        const inDist = relative(join(root, 'dist'), target);
        const entry = nameOf.get(target);
        if (entry === undefined && inDist.startsWith('..')) {
          throw new Error(
            `${relative(root, id)} needs ${specifier}, which is not packed: add it to vite.config.ts`,
          );
        }
        const packed = entry === undefined ? inDist.replaceAll(sep, '/') : `${entry}.js`;
        return `new URL('./${packed}', import.meta.url)`;
      });
    },
  };
}

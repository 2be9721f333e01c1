import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';

import { FolderTree } from './folder-tree.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'binnacle-tree-'));
  return () => rmSync(root, { recursive: true, force: true });
});

function watch(room = Number.POSITIVE_INFINITY): { tree: FolderTree; ids: Set<string>; told: string[] } {
  const ids = new Set<string>();
  const told: string[] = [];
  const tree = new FolderTree(root, {
    hasRoom: (id) => ids.has(id) || ids.size < room,
    added: (id) => {
      ids.add(id);
      told.push(`+${id}`);
    },
    removed: (id) => {
      ids.delete(id);
      told.push(`-${id}`);
    },
  });
  return { tree, ids, told };
}

test('tells of folders that come and go, at any depth', () => {
  mkdirSync(join(root, 'a/b'), { recursive: true });
  const { tree, told } = watch();
  tree.update();
  expect(told.splice(0)).toEqual(['+/', '+/a', '+/a/b']);
  tree.update();
  expect(told.splice(0)).toEqual([]);
  mkdirSync(join(root, 'a/c'));
  tree.update();
  expect(told.splice(0)).toEqual(['+/a/c']);
  rmSync(join(root, 'a'), { recursive: true });
  tree.update();
  expect(told.splice(0)).toEqual(['-/a/b', '-/a/c', '-/a']);
});

test('sees one that goes while another comes', () => {
  mkdirSync(join(root, 'a'));
  const { tree, told } = watch();
  tree.update();
  told.length = 0;
  rmSync(join(root, 'a'), { recursive: true });
  mkdirSync(join(root, 'b'));
  tree.update();
  expect(told).toEqual(['-/a', '+/b']);
});

test('a folder of the same name may be another one', () => {
  mkdirSync(join(root, 'a'));
  mkdirSync(join(root, 'x'));
  const { tree, told } = watch();
  tree.update();
  told.length = 0;
  // Both exist at once, so that the new one can't have the old one's inode.
  renameSync(join(root, 'x'), join(root, 'a'));
  tree.update();
  expect(told).toEqual(expect.arrayContaining(['-/a', '+/a', '-/x']));
});

test('without room the rest is counted, and followed when there is room', () => {
  for (const name of ['a', 'b', 'c', 'd']) mkdirSync(join(root, name));
  const { tree, ids } = watch(3);
  tree.update();
  expect(ids.size).toBe(3);
  expect(tree.skipped).toBe(2);
  rmSync(join(root, [...ids].find((id) => id !== '/') as string), { recursive: true });
  tree.update();
  expect(ids.size).toBe(3);
  expect(tree.skipped).toBe(1);
});

test('a root that is missing is empty, until it comes', () => {
  rmSync(root, { recursive: true });
  const { tree, ids } = watch();
  tree.update();
  expect(ids.size).toBe(0);
  mkdirSync(root);
  tree.update();
  expect([...ids]).toEqual(['/']);
  rmSync(root, { recursive: true });
  tree.update();
  expect(ids.size).toBe(0);
});

test('whatever is made and removed, it knows what there is', () => {
  const paths = ['a', 'a/b', 'a/b/c', 'd', 'd/e', 'f'];
  const step = fc.record({ path: fc.constantFrom(...paths), make: fc.boolean(), look: fc.boolean() });
  const { tree, ids } = watch();
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      for (const { path, make, look } of steps) {
        if (make) mkdirSync(join(root, path), { recursive: true });
        else rmSync(join(root, path), { recursive: true, force: true });
        if (look) tree.update();
      }
      tree.update();
      const there = new Set(['/']);
      for (const path of paths) {
        try {
          mkdirSync(join(root, path, 'probe'));
          rmSync(join(root, path, 'probe'), { recursive: true });
          there.add(`/${path}`);
        } catch {
          // It isn't there.
        }
      }
      tree.update();
      expect(ids).toEqual(there);
    }),
    { numRuns: 50 },
  );
});

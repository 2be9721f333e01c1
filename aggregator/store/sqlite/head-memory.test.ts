import { setImmediate } from 'node:timers/promises';

import { expect, test } from 'vitest';

import { Catalog } from '../head/catalog.ts';
import { Head } from '../head/head.ts';
import { HeadMemory } from './head-memory.ts';
import { EMPTY_VIEW, type StoreView } from './view.ts';

const viewOf = (...ids: number[]): StoreView => ({
  ...EMPTY_VIEW,
  heads: ids.map((id) => new Head(id, new Catalog(id)).buffers),
});

test('memory is collected once for each view that lacks a head of the one before', async () => {
  let collected = 0;
  const memory = new HeadMemory(() => collected++);
  const counts: number[] = [];
  for (const view of [viewOf(1), viewOf(1, 2), viewOf(2), viewOf(2), viewOf(3)]) {
    memory.took(view);
    await setImmediate();
    counts.push(collected);
  }
  expect(counts).toEqual([0, 0, 1, 1, 2]);
});

test('a head that is gone from the view is gone from memory', async () => {
  const memory = new HeadMemory();
  const watch = (): WeakRef<SharedArrayBuffer> => {
    const view = viewOf(1);
    memory.took(view);
    return new WeakRef((view.heads[0] as StoreView['heads'][0]).columns.data);
  };
  const data = watch();
  await setImmediate();
  expect(data.deref()).toBeDefined();
  memory.took(viewOf(2));
  await setImmediate();
  await setImmediate();
  expect(data.deref()).toBeUndefined();
});

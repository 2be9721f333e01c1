import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import { expect, test } from 'vitest';

import { Fault, isFault, reasonOf } from './fault.ts';

const cause = new Error('ENOSPC: no space left');

test.each([
  [new Fault('f', 'the disk is full'), 'the disk is full'],
  [new Fault('f', 'it failed', { cause }), 'it failed: ENOSPC: no space left'],
  [new Fault('f', `it failed: ${cause.message}`, { cause }), 'it failed: ENOSPC: no space left'],
  [new Error('outer', { cause: new Fault('f', 'inner', { cause }) }), 'outer: inner: ENOSPC: no space left'],
  ['a string', 'a string'],
])('the reason of %s, each told once', (thrown, reason) => {
  expect(reasonOf(thrown)).toBe(reason);
});

test('a fault is known as one, also when a thread threw it', async () => {
  expect(isFault(new Fault('f', 'x'))).toBe(true);
  expect(isFault(new Error('x'))).toBe(false);
  const module = JSON.stringify(import.meta.resolve('./fault.ts'));
  const program = `import { Fault } from ${module}; throw new Fault('store', 'it is too new')`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`));
  const [thrown] = await once(worker, 'error').catch((error: unknown) => [error]);
  expect(isFault(thrown)).toBe(true);
  expect(reasonOf(thrown)).toBe('it is too new');
});

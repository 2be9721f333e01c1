import { expect, test } from 'vitest';

import { spentIn } from './profile.ts';

test('time is summed by function, own and with calls, without waiting', () => {
  const frame = (functionName: string, url = 'file:///dist/main.js') => ({
    callFrame: { functionName, url, lineNumber: 6 },
  });
  const { busy, functions } = spentIn({
    nodes: [
      { id: 1, ...frame('(root)', ''), children: [2, 5] },
      { id: 2, ...frame('outer'), children: [3] },
      { id: 3, ...frame('inner'), children: [4] },
      { id: 4, ...frame('outer') },
      { id: 5, ...frame('(idle)', '') },
    ],
    samples: [2, 3, 4, 5, 3],
    timeDeltas: [1e6, 2e6, 3e6, 50e6, 2e6],
  });
  expect(busy).toBe(8);
  expect(functions).toEqual([
    { name: 'outer main.js:7', own: 4, total: 8 },
    { name: 'inner main.js:7', own: 4, total: 7 },
  ]);
});

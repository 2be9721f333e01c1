import { expect, test } from 'vitest';

import { maxKeptFiles, readOwnLimits } from './open-files.ts';

const limits = (files: string): string =>
  `Limit                     Soft Limit           Hard Limit           Units
Max core file size        0                    unlimited            bytes
Max open files            ${files.padEnd(20)} ${files.padEnd(20)} files
Max locked memory         8388608              8388608              bytes
`;

test.each([
  [limits('1024'), 256],
  [limits('20'), 5],
  [limits('1048576'), 8192],
  [limits('unlimited'), 8192],
  ['', 8192],
])('%# the sources leave descriptors to the others', (text, most) => {
  expect(maxKeptFiles(text)).toBe(most);
});

test('the limits of this process are read', () => {
  expect(readOwnLimits()).toMatch(/^Max open files +(\d+|unlimited)/m);
});

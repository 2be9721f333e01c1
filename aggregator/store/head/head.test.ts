import { expect, test } from 'vitest';

import { Catalog } from './catalog.ts';
import { Head } from './head.ts';

test.each([1, 2 ** 32 - 1, 2 ** 32, 2 ** 52 + 1])(
  'readers see that a head is sealed through %d',
  (through) => {
    const head = new Head(1, new Catalog(1));
    const reader = new Head(1, new Catalog(1, head.catalog.buffers), head.buffers);
    expect(reader.sealedThrough).toBe(0);
    head.seal(through);
    expect(reader.sealedThrough).toBe(through);
  },
);

import { Catalog } from './catalog.ts';
import { Head, type HeadBuffers } from './head.ts';

/** The reading side of heads, by their ids; what is among `known` is not opened again. */
export function openHeads(all: readonly HeadBuffers[], known: ReadonlyMap<number, Head>): Map<number, Head> {
  const catalogs = new Map([...known.values()].map(({ catalog }) => [catalog.id, catalog]));
  const catalogOf = (buffers: HeadBuffers['catalog']): Catalog => {
    const catalog = catalogs.get(buffers.id) ?? new Catalog(buffers.id, buffers);
    catalogs.set(buffers.id, catalog);
    return catalog;
  };
  return new Map(
    all.map((buffers) => [
      buffers.id,
      known.get(buffers.id) ?? new Head(buffers.id, catalogOf(buffers.catalog), buffers),
    ]),
  );
}

import { expect, test } from 'vitest';

import { decodeBatch, decodeSchemas } from '../../wire/batch.ts';
import { AgentBatches } from './batches.ts';
import { cluster } from './cluster.ts';

test('a series list goes once, values every time', () => {
  const batches = new AgentBatches();
  const known = new Map<string, number>();
  let number = 0;
  for (const tick of cluster({ series: 2000, ticks: 12 }).ticks()) {
    number++;
    const made = batches.of(tick);
    expect(made.schemas === undefined).toBe(number > 1);
    if (made.schemas)
      for (const { hash, series } of decodeSchemas(made.schemas, 1 << 24)) known.set(hash, series.length);
    const read = made.batches.map(({ bytes }) => decodeBatch(bytes, 1 << 24));
    expect(read.map(({ agent, sequence }) => [agent, sequence])).toEqual([
      ['bench-0', number],
      ['bench-30', number],
    ]);
    const frames = read.flatMap((batch) => batch.frames);
    expect(frames.map(({ atMs, values }) => [atMs, [...values]])).toEqual(
      tick.rows.map(({ values }) => [tick.atMs, [...values]]),
    );
    for (const { schema, values } of frames) expect(known.get(schema)).toBe(values.length);
  }
  expect(number).toBe(12);
  const [hash] = known.keys();
  expect(decodeSchemas(batches.schemas([hash as string]), 1 << 24)).toMatchObject([{ hash }]);
});

import { expect, test } from 'vitest';

import { Fault } from '../../../lib/fault.ts';
import type { Api } from '../../api/client.ts';
import { MetricNames } from './metric-names.ts';

const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** A server with so many metrics, `metric_0` and on. */
function apiWith(count: number): { api: Api; asked: (string | undefined)[]; broken: { value: boolean } } {
  const asked: (string | undefined)[] = [];
  const broken = { value: false };
  const all = Array.from({ length: count }, (_, i) => `metric_${i}`);
  const never = (): Promise<never> => Promise.reject(new Error('not asked here'));
  const labelValues: Api['labelValues'] = async (_, { match, limit }) => {
    asked.push(match);
    if (broken.value) throw new Fault('unreachable', 'gone');
    const pattern = /=~"(.*)"/.exec(match ?? '')?.[1] ?? '.*';
    return all.filter((name) => new RegExp(`^(?:${pattern})$`).test(name)).slice(0, limit);
  };
  return { api: { query: never, queryRange: never, labelValues }, asked, broken };
}

test('few names are fetched once, and only when wanted', async () => {
  const { api, asked } = apiWith(10);
  const source = new MetricNames(api);
  expect(asked).toEqual([]);
  for (const word of ['', 'm', 'metric', 'metric_9']) {
    source.want(word);
    await settled();
  }
  expect(asked).toEqual([undefined]);
  expect(source.names.value.length).toBe(10);
});

test('of very many, those with the word are fetched', async () => {
  const { api, asked } = apiWith(5000);
  const source = new MetricNames(api);
  for (const word of ['', 'm', 'metric_4999']) {
    source.want(word);
    await settled();
  }
  expect(asked).toEqual([undefined, '{__name__=~".*metric_4999.*"}']);
  expect(source.names.value).toEqual(['metric_4999']);
});

test('after a failure the next wish asks again', async () => {
  const { api, asked, broken } = apiWith(10);
  const source = new MetricNames(api);
  broken.value = true;
  source.want('');
  await settled();
  broken.value = false;
  source.want('me');
  await settled();
  expect(asked.length).toBe(2);
  expect(source.names.value.length).toBe(10);
});

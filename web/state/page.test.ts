import { effect } from '@preact/signals';
import { expect, test } from 'vitest';

import { FakeClock } from '../../lib/clock.ts';
import type { Api } from '../api/client.ts';
import type { LogApi } from '../api/log-client.ts';
import { createTimeFormat } from '../format/time.ts';
import { createAddress } from './address.ts';
import { follow } from './follow.ts';
import { createPage } from './page.ts';
import type { Page } from './page.ts';

const START_MS = 1_700_000_000_000;

function pageAt(search: string, clock: FakeClock): Page {
  const never = (): Promise<never> => new Promise(() => {});
  const api: Api = { query: never, queryRange: never, labelValues: never };
  const location = { search, pathname: '/' };
  const history = { state: null, pushState() {}, replaceState() {}, back() {} };
  const theme = { theme: { value: 'auto' }, dark: { value: false }, next() {} } as unknown as Page['theme'];
  const logs: LogApi = {
    search: never,
    histogram: never,
    labels: never,
    labelValues: never,
    tail: () => () => {},
  };
  return createPage({
    api,
    logs,
    alerts: { rules: never, alerts: never, history: never },
    theme,
    address: createAddress({ location, history, addEventListener() {} }),
    times: createTimeFormat('UTC'),
    nowSeconds: () => clock.nowMs() / 1000,
  });
}

/** A document that is only visible or hidden. */
function fakeDocument(): Document & { show: (state: DocumentVisibilityState) => void } {
  const target = new EventTarget();
  return Object.assign(target, {
    visibilityState: 'visible',
    show(this: { visibilityState: string }, state: DocumentVisibilityState) {
      this.visibilityState = state;
      target.dispatchEvent(new Event('visibilitychange'));
    },
  }) as unknown as Document & { show: (state: DocumentVisibilityState) => void };
}

test('the window changes only when a point is due', async () => {
  const clock = new FakeClock(START_MS);
  const page = pageAt('?range=6h', clock);
  const seen: number[] = [];
  effect(() => void seen.push(page.window.value.endSeconds));
  const abort = new AbortController();
  void follow(page, fakeDocument(), clock, abort.signal);
  for (let i = 0; i < 24; i++) {
    await clock.advance(5000);
    await Promise.resolve();
  }
  abort.abort();
  expect(seen).toEqual([1_699_999_980, 1_700_000_040, 1_700_000_100]);
});

test('a hidden tab asks nothing and catches up at once when it is seen', async () => {
  const clock = new FakeClock(START_MS);
  const page = pageAt('', clock);
  const document = fakeDocument();
  const abort = new AbortController();
  void follow(page, document, clock, abort.signal);
  document.show('hidden');
  for (let i = 0; i < 3; i++) {
    await clock.advance(5000);
    await Promise.resolve();
  }
  expect(page.now.value).toBe(START_MS / 1000);
  document.show('visible');
  expect(page.now.value).toBe(START_MS / 1000 + 15);
  page.following.value = false;
  await clock.advance(5000);
  await Promise.resolve();
  expect(page.now.value).toBe(START_MS / 1000 + 15);
  abort.abort();
});

test('moving, zooming and widening go through the address', () => {
  const page = pageAt('', new FakeClock(START_MS));
  page.shift(-1);
  expect(page.address.params.value.toString()).toBe('end=1699999550');
  page.zoom(1_699_999_000, 1_699_999_100);
  expect(page.address.params.value.toString()).toBe('end=1699999100&range=100s');
  page.widen();
  expect(page.range.value).toEqual({ spanSeconds: 200, endSeconds: 1_699_999_150 });
  page.setRange({ spanSeconds: 900, endSeconds: null });
  expect(page.address.params.value.toString()).toBe('');
});

test('to another view go time and host, and nothing else', () => {
  const page = pageAt('?view=logs&range=1h&host=b&own=1&q=x', new FakeClock(START_MS));
  page.address.go(page.toView({ view: 'metrics' }));
  expect(page.address.params.value.toString()).toBe('view=metrics&range=1h&host=b');
});

test('the host of the address, or the first that is known', () => {
  const page = pageAt('?host=b', new FakeClock(START_MS));
  expect(page.host.value).toBe('b');
  const other = pageAt('', new FakeClock(START_MS));
  expect(other.host.value).toBe(null);
  other.hosts.value = ['x', 'y'];
  expect(other.host.value).toBe('x');
});

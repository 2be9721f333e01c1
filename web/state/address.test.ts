import { expect, test } from 'vitest';

import { createAddress } from './address.ts';
import type { Browser } from './address.ts';

/** A window that has a location and a history and nothing else. */
function fakeBrowser(search: string): Browser & { entries: { url: string; state: unknown }[] } {
  const entries = [{ url: `/binnacle/${search}`, state: null as unknown }];
  const listeners: (() => void)[] = [];
  const top = (): { url: string; state: unknown } => entries.at(-1) as { url: string; state: unknown };
  const resolve = (url: string): string =>
    new URL(url, 'http://host/binnacle/').pathname + new URL(url, 'http://host/binnacle/').search;
  return {
    entries,
    location: {
      pathname: '/binnacle/',
      get search() {
        return new URL(top().url, 'http://host/').search;
      },
    },
    history: {
      get state() {
        return top().state;
      },
      pushState: (state: unknown, _: string, url: string) => void entries.push({ url: resolve(url), state }),
      replaceState: (state: unknown, _: string, url: string) => {
        entries[entries.length - 1] = { url: resolve(url), state };
      },
      back: () => {
        entries.pop();
        for (const listener of listeners) listener();
      },
    },
    addEventListener: (_, listener) => void listeners.push(listener),
  };
}

test('a step changes the query string and leaves the path alone', () => {
  const browser = fakeBrowser('?view=metrics&range=1h');
  const address = createAddress(browser);
  address.go({ range: '6h', q: 'up{a="b"} + 1' });
  expect(browser.entries.at(-1)?.url).toBe('/binnacle/?view=metrics&range=6h&q=up%7Ba%3D%22b%22%7D+%2B+1');
  expect(address.params.value.get('q')).toBe('up{a="b"} + 1');
  address.go({ view: null, range: null, q: null });
  expect(browser.entries.at(-1)?.url).toBe('/binnacle/');
  expect(browser.entries.length).toBe(3);
});

test('going where one is leaves no entry, and replacing neither', () => {
  const browser = fakeBrowser('?range=1h');
  const address = createAddress(browser);
  address.go({ range: '1h' });
  address.go({ range: '6h' }, 'replace');
  expect(browser.entries.map((entry) => entry.url)).toEqual(['/binnacle/?range=6h']);
});

test('Esc steps back by the zooms alone, one at a time', () => {
  const browser = fakeBrowser('');
  const address = createAddress(browser);
  address.go({ view: 'metrics' });
  address.go({ end: '10' }, 'zoom');
  address.go({ end: '20' }, 'zoom');
  expect(address.stepBack()).toBe(true);
  expect(address.params.value.get('end')).toBe('10');
  expect(address.stepBack()).toBe(true);
  expect(address.stepBack()).toBe(false);
  expect(address.params.value.toString()).toBe('view=metrics');
});

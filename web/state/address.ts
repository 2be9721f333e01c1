import { signal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';

/** What of the browser's window is needed. */
export interface Browser {
  readonly location: { readonly search: string; readonly pathname: string };
  readonly history: Pick<History, 'pushState' | 'replaceState' | 'back' | 'state'>;
  addEventListener(type: 'popstate', listener: () => void): void;
}

/** `zoom` is a new entry that Esc steps back from; `replace` leaves no entry behind. */
export type Step = 'push' | 'zoom' | 'replace';

/**
 * The state of the page lies in the query string of its address alone: each view is a link, and the server
 * has one page to serve, under whatever path.
 */
export interface Address {
  readonly params: ReadonlySignal<URLSearchParams>;
  /** Sets parameters (null takes one away) and makes the new address the current one. */
  go(changes: Readonly<Record<string, string | null>>, step?: Step): void;
  /** The address that `go` would make, for links. */
  link(changes: Readonly<Record<string, string | null>>): string;
  /** Goes back by one zoom; false when the last step was none. */
  stepBack(): boolean;
}

export function createAddress(browser: Browser): Address {
  const params = signal(new URLSearchParams(browser.location.search));
  browser.addEventListener('popstate', () => {
    params.value = new URLSearchParams(browser.location.search);
  });
  const changed = (changes: Readonly<Record<string, string | null>>): URLSearchParams => {
    const next = new URLSearchParams(params.value);
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) next.delete(name);
      else next.set(name, value);
    }
    return next;
  };
  const link = (changes: Readonly<Record<string, string | null>>): string => {
    const search = changed(changes).toString();
    return search === '' ? browser.location.pathname : `?${search}`;
  };
  return {
    params,
    link,
    go: (changes, step = 'push') => {
      const next = changed(changes);
      if (next.toString() === params.value.toString()) return;
      const zooms = zoomsOf(browser.history.state);
      if (step === 'replace') browser.history.replaceState({ zooms }, '', link(changes));
      else browser.history.pushState({ zooms: step === 'zoom' ? zooms + 1 : 0 }, '', link(changes));
      params.value = next;
    },
    stepBack: () => {
      if (zoomsOf(browser.history.state) === 0) return false;
      browser.history.back();
      return true;
    },
  };
}

function zoomsOf(state: unknown): number {
  if (typeof state !== 'object' || state === null || !('zooms' in state)) return 0;
  return typeof state.zooms === 'number' ? state.zooms : 0;
}

import { computed, signal } from '@preact/signals';
import type { ReadonlySignal, Signal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

import type { ActiveAlert } from '../alert/alert.ts';
import type { AlertApi } from '../api/alert-client.ts';
import type { Api } from '../api/client.ts';
import type { LogApi } from '../api/log-client.ts';
import type { TimeFormat } from '../format/time.ts';
import { parseRange, printRange, rangeBetween, shiftRange, widenRange, windowOf } from '../time/range.ts';
import type { TimeRange, TimeWindow } from '../time/range.ts';
import type { Address, Step } from './address.ts';
import type { KeyCommand } from './keymap.ts';
import type { ThemeSwitch } from './theme.ts';

/** What every part of the page shares; made once, in main. */
export interface Page extends PageTools {
  /** `view` of the address; empty for the first one. */
  readonly view: ReadonlySignal<string>;
  readonly range: ReadonlySignal<TimeRange>;
  /** The grid of the range; the same value as long as no new point is due. */
  readonly window: ReadonlySignal<TimeWindow>;
  /** The end of the range to the second, for what is asked at one moment. */
  readonly endSeconds: ReadonlySignal<number>;
  readonly now: Signal<number>;
  /** Does a range that ends now move on with the clock? */
  readonly following: Signal<boolean>;
  /** Another number makes everything be fetched again. */
  readonly generation: Signal<number>;
  /** Hosts that have data in the range; null until known. */
  readonly hosts: Signal<readonly string[] | null>;
  /** Why they are not known. */
  readonly hostsFault: Signal<string | null>;
  /** The host of the address, or else the first one that is known. */
  readonly host: ReadonlySignal<string | null>;
  /** Alerts that fire now, whatever the range. */
  readonly firing: Signal<readonly ActiveAlert[]>;
  /** The time under the cursor, for all charts at once. */
  readonly cursorSeconds: Signal<number | null>;
  /** What a screen reader says next. */
  readonly spoken: Signal<string>;
  /** A few words about what was just done, on the screen for a moment. */
  readonly notice: Signal<string>;
  /** Keys of the view that is shown. */
  readonly viewKeys: Signal<readonly KeyCommand[]>;

  /** A link to what is shown at this moment: a range that follows the clock ends now in it. */
  fixedLink(): string;
  /** The change of address to another view: time and host go along, what belongs to this view does not. */
  toView(to: Readonly<Record<string, string | null>>): Record<string, string | null>;
  setRange(range: TimeRange, step?: Step): void;
  zoom(fromSeconds: number, toSeconds: number): void;
  shift(direction: -1 | 1): void;
  widen(): void;
  reload(): void;
}

export interface PageTools {
  readonly api: Api;
  readonly logs: LogApi;
  readonly alerts: AlertApi;
  readonly address: Address;
  readonly theme: ThemeSwitch;
  readonly times: TimeFormat;
  /** Now, as the server's clock has it. */
  nowSeconds(): number;
}

/** What all views have in common. */
const SHARED_PARAMS = new Set(['range', 'end', 'host']);

export function createPage(tools: PageTools): Page {
  const { address } = tools;
  const now = signal(tools.nowSeconds());
  const generation = signal(0);
  const hosts = signal<readonly string[] | null>(null);
  const param = (name: string): ReadonlySignal<string | null> =>
    computed(() => address.params.value.get(name));
  const [view, span, end, hostParam] = [param('view'), param('range'), param('end'), param('host')];
  const range = computed(() => parseRange(span.value, end.value));
  let window: TimeWindow | null = null;
  const setRange = (range: TimeRange, step: Step = 'push'): void =>
    address.go({ ...printRange(range) }, step);
  return {
    ...tools,
    now,
    generation,
    hosts,
    hostsFault: signal(null),
    firing: signal([]),
    range,
    setRange,
    toView: (to) => {
      const own = [...address.params.value.keys()].filter((name) => !SHARED_PARAMS.has(name));
      return { ...Object.fromEntries(own.map((name) => [name, null])), ...to };
    },
    view: computed(() => view.value ?? ''),
    window: computed(() => {
      const next = windowOf(range.value, now.value);
      if (!window || !sameWindow(window, next)) window = next;
      return window;
    }),
    endSeconds: computed(() => range.value.endSeconds ?? Math.floor(now.value)),
    following: signal(true),
    host: computed(() => hostParam.value ?? hosts.value?.[0] ?? null),
    cursorSeconds: signal(null),
    spoken: signal(''),
    notice: signal(''),
    viewKeys: signal([]),
    fixedLink: () => {
      const endSeconds = range.value.endSeconds ?? Math.ceil(now.value);
      return address.link({ ...printRange({ ...range.value, endSeconds }) });
    },
    zoom: (fromSeconds, toSeconds) => setRange(rangeBetween(fromSeconds, toSeconds), 'zoom'),
    shift: (direction) => setRange(shiftRange(range.value, direction, tools.nowSeconds())),
    widen: () => setRange(widenRange(range.value, tools.nowSeconds())),
    reload: () => {
      now.value = tools.nowSeconds();
      generation.value++;
    },
  };
}

function sameWindow(a: TimeWindow, b: TimeWindow): boolean {
  return (
    a.startSeconds === b.startSeconds && a.endSeconds === b.endSeconds && a.stepSeconds === b.stepSeconds
  );
}

export const PageContext = createContext<Page | null>(null);

/** The page that this component is part of. */
export function usePage(): Page {
  const page = useContext(PageContext);
  if (!page) throw new Error('BUG: a component outside of the page');
  return page;
}

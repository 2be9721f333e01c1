import type { JSX } from 'preact';

/** A page of the page: one entry in the list of views gives it its tab, its key and its address. */
export interface View {
  /** `view=` in the address. */
  readonly id: string;
  readonly title: string;
  /** The key after `g`. */
  readonly key: string;
  readonly Content: () => JSX.Element;
}

/** The view that has the number of alerts on its tab. */
export const ALERTS_ID = 'alerts';

/** The id of the field that `/` goes to; a view has at most one. */
export const SEARCH_ID = 'search';

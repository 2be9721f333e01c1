import type { JSX } from 'preact';

import type { LogFeed, TailState } from '../../log/log-feed.ts';
import type { Order } from '../../log/log-list.ts';
import { usePage } from '../../state/page.ts';

const ORDERS: readonly { id: Order; title: string }[] = [
  { id: 'newest', title: 'Newest first' },
  { id: 'oldest', title: 'Oldest first' },
];

export interface ListBarProps {
  readonly feed: LogFeed;
  readonly order: Order;
  readonly isWrapped: boolean;
  readonly words: { readonly shown: string; readonly troubles: readonly string[] };
}

/** What is shown of what there is, and how. */
export function ListBar({ feed, order, isWrapped, words }: ListBarProps): JSX.Element {
  const { address } = usePage();
  return (
    <div class="list-bar">
      <p class="list-words">
        {words.shown}
        {words.troubles.map((trouble, i) => (
          <strong key={trouble}>
            {(i > 0 || words.shown !== '') && ' · '}
            {trouble}
          </strong>
        ))}
      </p>
      <TailButton state={feed.tail.value} order={order} />
      <div class="segments" role="group" aria-label="Order">
        {ORDERS.map(({ id, title }) => (
          <button
            key={id}
            type="button"
            aria-pressed={id === order}
            onClick={() => address.go({ order: id === 'newest' ? null : id }, 'replace')}
          >
            {title}
          </button>
        ))}
      </div>
      <button
        type="button"
        class="switch"
        title="Wrap long lines ( w )"
        aria-pressed={isWrapped}
        onClick={() => address.go({ wrap: isWrapped ? null : '1' }, 'replace')}
      >
        Wrap
      </button>
    </div>
  );
}

/** What the tail does, and a click to stop it or to go on. */
function TailButton({ state, order }: { state: TailState; order: Order }): JSX.Element {
  const page = usePage();
  const { endSeconds } = page.range.value;
  if (endSeconds !== null) {
    return (
      <button
        type="button"
        class="follow"
        title="The range ends in the past; click to go on to now"
        onClick={() => page.setRange({ ...page.range.value, endSeconds: null })}
      >
        <span class="follow-lamp" aria-hidden="true" /> No tail
      </button>
    );
  }
  const following = page.following.value;
  const isLive = following && state === 'open';
  return (
    <button
      type="button"
      class={isLive ? 'follow is-live' : 'follow'}
      aria-pressed={following}
      title={following ? 'New lines are shown as they come; Space pauses' : 'New lines wait; Space goes on'}
      onClick={() => (page.following.value = !following)}
    >
      <span class="follow-lamp" aria-hidden="true" /> {tailWords(state, following, order)}
    </button>
  );
}

function tailWords(state: TailState, following: boolean, order: Order): string {
  if (!following) return 'Tail paused';
  switch (state) {
    case 'open':
      return 'Live tail';
    case 'lost':
      return 'Tail lost, tries again';
    case 'opening':
      return 'Tail…';
    case 'none':
      return order === 'oldest' ? 'Tail after the last page' : 'Tail…';
  }
}

import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';

import { reasonOf } from '../../lib/fault.ts';
import { usePage } from '../state/page.ts';

/** A view whose code is fetched when it is first shown, so that the first load stays small. */
export function lazyView(load: () => Promise<() => JSX.Element>): () => JSX.Element {
  const content = signal<(() => JSX.Element) | null>(null);
  const fault = signal<string | null>(null);
  const fetchIt = async (): Promise<void> => {
    try {
      const Content = await load();
      content.value = Content;
      fault.value = null;
    } catch (thrown) {
      fault.value = reasonOf(thrown);
    }
  };
  return function LazyView() {
    const generation = usePage().generation.value;
    useEffect(() => {
      if (content.value === null) void fetchIt();
    }, [generation]);
    const Content = content.value;
    if (Content) return <Content />;
    return (
      <section class={fault.value === null ? 'empty appear-late' : 'empty'}>
        <h1>{fault.value === null ? 'Loading…' : 'This view could not be loaded'}</h1>
        {fault.value !== null && <p class="fault">{fault.value}. Press r to try again.</p>}
      </section>
    );
  };
}

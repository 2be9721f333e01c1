import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';

import { usePage } from '../state/page.ts';

const SHOWN_MS = 2500;

/** A few words about what a key or a button has just done; they go by themselves. */
export function Notice(): JSX.Element {
  const { notice } = usePage();
  const text = notice.value;
  useEffect(() => {
    if (text === '') return;
    const timer = setTimeout(() => (notice.value = ''), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [notice, text]);
  return (
    <p class="notice" role="status">
      {text !== '' && <span>{text}</span>}
    </p>
  );
}

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

/** Is the window at least so wide? */
export function useWide(widthPx: number): boolean {
  const query = `(min-width: ${widthPx}px)`;
  const wide = useSignal(matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const abort = new AbortController();
    list.addEventListener('change', () => (wide.value = list.matches), { signal: abort.signal });
    return () => abort.abort();
  }, [query, wide]);
  return wide.value;
}

import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

/** Panels begin to load a little before they are scrolled into view. */
const MARGIN = '240px';

/** Is the element on the screen, or nearly? What nobody sees asks the server for nothing. */
export function useVisible<T extends Element>(): [RefObject<T | null>, boolean] {
  const element = useRef<T>(null);
  const [visible, setVisible] = useState(false);
  useEffect(() => {
    const observer = new IntersectionObserver(
      (entries) => setVisible(entries.at(-1)?.isIntersecting === true),
      { rootMargin: MARGIN },
    );
    observer.observe(element.current as T);
    return () => observer.disconnect();
  }, []);
  return [element, visible];
}

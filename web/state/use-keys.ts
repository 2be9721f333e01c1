import { useEffect } from 'preact/hooks';

import type { KeyCommand } from './keymap.ts';
import { usePage } from './page.ts';

/** Adds the keys of a view as long as it is shown; `commands` is the same value at each drawing. */
export function useViewKeys(commands: readonly KeyCommand[]): void {
  const { viewKeys } = usePage();
  useEffect(() => {
    viewKeys.value = commands;
    return () => (viewKeys.value = []);
  }, [viewKeys, commands]);
}

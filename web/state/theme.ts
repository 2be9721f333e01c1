import { computed, effect, signal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';

/** `auto` is what the system prefers. */
export type Theme = 'auto' | 'light' | 'dark';

const ORDER: readonly Theme[] = ['auto', 'light', 'dark'];
const STORED = 'binnacle.theme';

export interface ThemeSwitch {
  readonly theme: ReadonlySignal<Theme>;
  readonly dark: ReadonlySignal<boolean>;
  /** Goes on to the next of auto, light, dark. */
  next(): void;
}

/** Keeps the choice in the browser and writes it to the root element, where the style sheet reads it. */
export function createThemeSwitch(
  root: HTMLElement,
  storage: Pick<Storage, 'getItem' | 'setItem'>,
  prefersDark: MediaQueryList,
): ThemeSwitch {
  const stored = storage.getItem(STORED);
  const theme = signal<Theme>(ORDER.find((known) => known === stored) ?? 'auto');
  const systemDark = signal(prefersDark.matches);
  prefersDark.addEventListener('change', () => {
    systemDark.value = prefersDark.matches;
  });
  effect(() => {
    root.dataset['theme'] = theme.value;
  });
  return {
    theme,
    dark: computed(() => (theme.value === 'auto' ? systemDark.value : theme.value === 'dark')),
    next: () => {
      theme.value = ORDER[(ORDER.indexOf(theme.value) + 1) % ORDER.length] as Theme;
      storage.setItem(STORED, theme.value);
    },
  };
}

import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';

import { createKeymap } from '../state/keymap.ts';
import type { KeyCommand } from '../state/keymap.ts';
import { usePage } from '../state/page.ts';
import type { Page } from '../state/page.ts';
import { SEARCH_ID } from '../view/view.ts';
import { VIEWS } from '../view/views.ts';
import { copyText } from './copy-text.ts';
import { Help } from './help.tsx';
import { Notice } from './notice.tsx';
import { TopBar } from './top-bar.tsx';
import { useFiring } from './use-firing.ts';
import { useHosts } from './use-hosts.ts';

export function App(): JSX.Element {
  const page = usePage();
  const help = useSignal(false);
  const view = VIEWS.find((view) => view.id === page.view.value) ?? VIEWS[0];
  const shared = useMemo(() => commandsOf(page, () => (help.value = !help.value)), [page, help]);
  const viewKeys = page.viewKeys.value;
  const commands = useMemo(() => [...viewKeys, ...shared], [viewKeys, shared]);
  useKeys(commands);
  useHosts(page);
  useFiring(page);
  const firing = page.firing.value.length;
  useEffect(() => {
    document.title = `${firing === 0 ? '' : `(${firing}) `}${view.title} – Binnacle`;
  }, [view, firing]);
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <TopBar views={VIEWS} current={view} onHelp={() => (help.value = true)} />
      <main id="main" tabIndex={-1}>
        <view.Content />
      </main>
      <Help open={help} commands={commands} />
      <Notice />
      <p class="unseen" aria-live="polite">
        {page.spoken}
      </p>
    </>
  );
}

function useKeys(commands: readonly KeyCommand[]): void {
  useEffect(() => {
    const keymap = createKeymap(commands);
    const abort = new AbortController();
    const press = (event: KeyboardEvent): void => {
      const command = event.defaultPrevented || isInDialog(event) ? null : keymap(event, isTaken(event));
      if (!command) return;
      event.preventDefault();
      command.run();
    };
    document.addEventListener('keydown', press, { signal: abort.signal });
    return () => abort.abort();
  }, [commands]);
}

function commandsOf(page: Page, toggleHelp: () => void): KeyCommand[] {
  const open = (view: string): void => page.address.go(page.toView({ view }));
  const search = (): void => {
    if (!document.getElementById(SEARCH_ID)) open('metrics');
    requestAnimationFrame(() => document.getElementById(SEARCH_ID)?.focus());
  };
  return [
    { keys: '/', words: 'search or query', run: search },
    ...VIEWS.map((view) => ({
      keys: `g ${view.key}`,
      words: `go to ${view.title}`,
      run: () => open(view.id),
    })),
    { keys: '[', words: 'earlier by half of the range', run: () => page.shift(-1) },
    { keys: ']', words: 'later by half of the range', run: () => page.shift(1) },
    { keys: 'z', words: 'zoom out', run: () => page.widen() },
    { keys: 'Escape', words: 'step back from a zoom', run: () => void page.address.stepBack() },
    { keys: 'r', words: 'load everything again', run: () => page.reload() },
    { keys: 'y', words: 'copy a link to what is shown now', run: () => void copyLink(page) },
    { keys: '?', words: 'show or hide these keys', run: toggleHelp },
  ];
}

async function copyLink(page: Page): Promise<void> {
  const copied = await copyText(new URL(page.fixedLink(), location.href).href, document);
  page.notice.value = copied ? 'Link copied' : 'The browser forbids copying: take the address of the page';
}

/** A dialog closes by Escape of itself; only the key that opened the help also hides it. */
function isInDialog({ target, key }: KeyboardEvent): boolean {
  return key !== '?' && target instanceof Element && target.closest('dialog[open]') !== null;
}

/** Does the key belong to what has the focus? Somebody types there, or Space presses it. */
function isTaken({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.matches('input, textarea, select') || (key === ' ' && target.matches('button, summary'));
}

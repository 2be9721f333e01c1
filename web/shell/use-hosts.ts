import { useSignalEffect } from '@preact/signals';
import { useMemo } from 'preact/hooks';

import { reasonOf } from '../../lib/fault.ts';
import { Latest } from '../series/latest.ts';
import type { Page } from '../state/page.ts';
import type { TimeWindow } from '../time/range.ts';

/** A metric that every host has. */
const HOST_METRIC = 'node_load1';
const MAX_HOSTS = 1000;

/** Keeps the list of hosts: asked for when the range changes, and again and again until there is one. */
export function useHosts(page: Page): void {
  const latest = useMemo(
    () => new Latest<TimeWindow>((window, signal) => findHosts(page, window, signal)),
    [page],
  );
  useSignalEffect(() => {
    const known = (page.hosts.peek() ?? []).length > 0;
    void [page.range.value, page.generation.value, known ? null : page.now.value];
    latest.ask(page.window.peek(), false);
  });
}

async function findHosts(page: Page, window: TimeWindow, signal: AbortSignal): Promise<void> {
  try {
    const question = {
      match: HOST_METRIC,
      limit: MAX_HOSTS,
      startSeconds: window.startSeconds,
      endSeconds: window.endSeconds,
    };
    const hosts = await page.api.labelValues('instance', question, signal);
    page.hosts.value = [...hosts].sort();
    page.hostsFault.value = null;
  } catch (thrown) {
    if (!signal.aborted) page.hostsFault.value = reasonOf(thrown);
  }
}

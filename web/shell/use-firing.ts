import { useSignalEffect } from '@preact/signals';

import { usePoll } from '../series/poll.ts';
import type { Page } from '../state/page.ts';

/** Keeps the alerts that fire on the page, for all views; a server without alerting has none. */
export function useFiring(page: Page): void {
  const alerts = usePoll((signal) => page.alerts.alerts(signal), 'alerts');
  useSignalEffect(() => {
    const known = alerts.isAbsent.value ? null : alerts.answer.value;
    page.firing.value = (known ?? []).filter((alert) => alert.state === 'firing');
  });
}

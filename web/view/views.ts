import { lazyView } from './lazy-view.tsx';
import { Metrics } from './metrics/metrics.tsx';
import { Overview } from './overview/overview.tsx';
import { ALERTS_ID } from './view.ts';
import type { View } from './view.ts';

/** In the order of the tabs; the first one is shown when the address names none. */
export const VIEWS: readonly [View, ...View[]] = [
  { id: 'overview', title: 'Overview', key: 'o', Content: Overview },
  { id: 'metrics', title: 'Metrics', key: 'm', Content: Metrics },
  {
    id: 'logs',
    title: 'Logs',
    key: 'l',
    Content: lazyView(async () => (await import('./logs/logs.tsx')).Logs),
  },
  {
    id: ALERTS_ID,
    title: 'Alerts',
    key: 'a',
    Content: lazyView(async () => (await import('./alerts/alerts.tsx')).Alerts),
  },
];

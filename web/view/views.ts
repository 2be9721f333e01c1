import { Metrics } from './metrics/metrics.tsx';
import { Overview } from './overview/overview.tsx';
import type { View } from './view.ts';

/** In the order of the tabs; the first one is shown when the address names none. */
export const VIEWS: readonly [View, ...View[]] = [
  { id: 'overview', title: 'Overview', key: 'o', Content: Overview },
  { id: 'metrics', title: 'Metrics', key: 'm', Content: Metrics },
];

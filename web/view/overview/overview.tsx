import type { JSX } from 'preact';

import { HOST_PANELS } from '../../panel/host-panels.ts';
import { PanelView } from '../../panel/panel-view.tsx';
import { usePage } from '../../state/page.ts';
import { FileSystems } from './file-systems.tsx';
import { HealthBar } from './health-bar.tsx';
import { RankTable } from './rank-table.tsx';
import { CGROUPS, PROCESSES } from './rankings.ts';

/** One host at a glance: a sentence, its charts, its largest consumers. */
export function Overview(): JSX.Element {
  const page = usePage();
  const host = page.host.value;
  if (host === null) return <NoHost />;
  return (
    <div class="overview">
      <h1 class="unseen">{host}</h1>
      <HealthBar host={host} />
      <div class="panels">
        {HOST_PANELS.map((panel) => (
          <PanelView key={panel.id} panel={panel} host={host} />
        ))}
      </div>
      <div class="tables">
        <RankTable ranking={PROCESSES} host={host} />
        <RankTable ranking={CGROUPS} host={host} />
        <FileSystems host={host} />
      </div>
    </div>
  );
}

/** In place of the charts, as long as there is nothing to draw. */
function NoHost(): JSX.Element {
  const { hosts, hostsFault } = usePage();
  const fault = hostsFault.value;
  if (fault !== null) {
    return (
      <section class="empty" role="alert">
        <h1>No answer from the server</h1>
        <p class="fault">{fault}</p>
        <p>This page asks again every few seconds.</p>
      </section>
    );
  }
  if (hosts.value === null) {
    return (
      <section class="empty appear-late">
        <h1>Looking for hosts…</h1>
      </section>
    );
  }
  return (
    <section class="empty">
      <h1>No host has reported in this range</h1>
      <p>
        The first figures come within a few seconds of an agent's start. This page looks again by itself; a
        longer range may hold older data.
      </p>
    </section>
  );
}

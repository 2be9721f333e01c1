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
  if (host === null) return <NoHost known={page.hosts.value !== null} />;
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

function NoHost({ known }: { known: boolean }): JSX.Element {
  return (
    <section class="empty">
      <h1>{known ? 'No host has reported in this range' : 'Looking for hosts…'}</h1>
      {known && (
        <p>
          The first figures come within a few seconds of an agent's start. This page looks again by itself; a
          longer range may hold older data.
        </p>
      )}
    </section>
  );
}

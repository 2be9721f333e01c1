import type { JSX } from 'preact';

import { usePage } from '../state/page.ts';
import type { Theme } from '../state/theme.ts';
import { ALERTS_ID } from '../view/view.ts';
import type { View } from '../view/view.ts';
import { Mark } from './mark.tsx';
import { TimePicker } from './time-picker.tsx';
import { ViewLink } from './view-link.tsx';

const THEME_SIGNS: Readonly<Record<Theme, string>> = { auto: '◐', light: '☀', dark: '☾' };

export function TopBar({
  views,
  current,
  onHelp,
}: {
  views: readonly View[];
  current: View;
  onHelp: () => void;
}): JSX.Element {
  const { theme } = usePage();
  const chosen = theme.theme.value;
  return (
    <header class="top-bar">
      <ViewLink class="brand" to={{}} label="Binnacle, to the overview">
        <Mark />
        <span>Binnacle</span>
      </ViewLink>
      <nav aria-label="Views">
        {views.map((view) => (
          <ViewLink key={view.id} to={{ view: view.id }} current={view === current}>
            {view.title}
            {view.id === ALERTS_ID && <Badge />}
          </ViewLink>
        ))}
      </nav>
      <Moment />
      <HostPicker />
      <TimePicker />
      <div class="top-bar-end">
        <button
          type="button"
          class="tool"
          title={`Theme: ${chosen}`}
          aria-label={`Theme: ${chosen}`}
          onClick={() => theme.next()}
        >
          {THEME_SIGNS[chosen]}
        </button>
        <button type="button" class="tool" title="Keys ( ? )" aria-label="Keys" onClick={onHelp}>
          ?
        </button>
      </div>
    </header>
  );
}

/** The number of alerts that fire. */
function Badge(): JSX.Element | null {
  const count = usePage().firing.value.length;
  if (count === 0) return null;
  return (
    <span class="badge">
      {count > 99 ? '99+' : count}
      <span class="unseen"> firing</span>
    </span>
  );
}

/** The time under the crosshair, else the end of the range; local and UTC. */
function Moment(): JSX.Element {
  const page = usePage();
  const at = page.cursorSeconds.value;
  const shown = at ?? page.endSeconds.value;
  const local = page.times.moment(shown);
  const utc = page.times.utc(shown);
  return (
    <p class={at === null ? 'moment' : 'moment at-cursor'}>
      <span>{local}</span> <span class="moment-utc">{local.endsWith(utc.slice(0, 8)) ? 'UTC' : utc}</span>
    </p>
  );
}

/** Only there when there is a choice. */
function HostPicker(): JSX.Element | null {
  const { hosts, host, address } = usePage();
  const known = hosts.value ?? [];
  const chosen = host.value;
  if (known.length < 2 && (chosen === null || known.includes(chosen))) return null;
  const options = chosen === null || known.includes(chosen) ? known : [chosen, ...known];
  return (
    <select
      class="host-picker"
      aria-label="Host"
      value={chosen ?? ''}
      onChange={(event) => address.go({ host: event.currentTarget.value })}
    >
      {options.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}

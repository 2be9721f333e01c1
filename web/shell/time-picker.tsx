import type { JSX } from 'preact';

import { formatSeconds } from '../format/unit.ts';
import { usePage } from '../state/page.ts';
import { PRESETS, parseRange, presetOf } from '../time/range.ts';

/** The one time picker of all views: presets, steps back and forth, and whether the clock is followed. */
export function TimePicker(): JSX.Element {
  const page = usePage();
  const range = page.range.value;
  const preset = presetOf(range);
  return (
    <div class="time-picker" role="group" aria-label="Time range">
      <button
        type="button"
        class="tool"
        title="Earlier ( [ )"
        aria-label="Earlier"
        onClick={() => page.shift(-1)}
      >
        ‹
      </button>
      <div class="segments">
        {PRESETS.map((name) => (
          <button
            key={name}
            type="button"
            aria-pressed={name === preset}
            title={`The last ${name}`}
            onClick={() => page.setRange(parseRange(name, null))}
          >
            {name}
          </button>
        ))}
      </div>
      <button
        type="button"
        class="tool"
        title="Later ( ] )"
        aria-label="Later"
        disabled={range.endSeconds === null}
        onClick={() => page.shift(1)}
      >
        ›
      </button>
      <FollowButton span={preset === null ? formatSeconds(range.spanSeconds) : null} />
    </div>
  );
}

/** Live, paused, or a span of the past that a click leaves. */
function FollowButton({ span }: { span: string | null }): JSX.Element {
  const page = usePage();
  const range = page.range.value;
  if (range.endSeconds !== null) {
    return (
      <button
        type="button"
        class="follow"
        title="Back to now"
        onClick={() => page.setRange({ ...range, endSeconds: null })}
      >
        <span class="follow-lamp" aria-hidden="true" />
        {span ? `${span} of the past` : 'Past'}
      </button>
    );
  }
  const following = page.following.value;
  return (
    <button
      type="button"
      class={following ? 'follow is-live' : 'follow'}
      aria-pressed={following}
      title={following ? 'New points every 5 s; click to pause' : 'Click to follow the clock'}
      onClick={() => (page.following.value = !following)}
    >
      <span class="follow-lamp" aria-hidden="true" />
      {following ? 'Live' : 'Paused'}
      {span ? ` ${span}` : ''}
    </button>
  );
}

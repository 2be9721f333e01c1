import type { JSX } from 'preact';

/** How a state looks: a shape, a sign and a colour, so that no one of them tells it alone. */
const LOOKS: Readonly<Record<string, { lamp: string; sign: string }>> = {
  firing: { lamp: 'bad', sign: '✕' },
  pending: { lamp: 'warning', sign: '!' },
  resolved: { lamp: 'good', sign: '✓' },
  inactive: { lamp: 'good', sign: '✓' },
};

export function StateMark({ state }: { state: string }): JSX.Element {
  const { lamp, sign } = LOOKS[state] ?? { lamp: 'none', sign: '?' };
  return (
    <span class={`lamp lamp-${lamp}`} aria-hidden="true">
      {sign}
    </span>
  );
}

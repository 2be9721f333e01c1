import type { JSX } from 'preact';

/** What lies over a chart that has nothing to show, or nothing new. */
export function PanelNote({
  fault,
  loading,
  empty,
}: {
  fault: string | null;
  loading: boolean;
  empty: boolean;
}): JSX.Element | null {
  if (fault !== null) {
    return (
      <p class={empty ? 'panel-note fault' : 'panel-note fault panel-note-below'} role="alert">
        {fault}
      </p>
    );
  }
  if (loading) return <p class="panel-note appear-late">Loading…</p>;
  return empty ? <p class="panel-note">No data in this range</p> : null;
}

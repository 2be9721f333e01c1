import type { JSX } from 'preact';

/** The mark: a compass card in its housing, the needle a little off north as on a ship under way. */
export function Mark(): JSX.Element {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="26" height="26" aria-hidden="true" focusable="false">
      <path class="mark-housing" d="M7.5 25.5h17l2 4.5h-21z" />
      <circle class="mark-ring" cx="16" cy="14.5" r="12.2" />
      <path class="mark-ticks" d="M16 4.4v2.6M16 22v2.6M5.9 14.5h2.6M23.5 14.5h2.6" />
      <g transform="rotate(24 16 14.5)">
        <path class="mark-north" d="M16 6.6l2.9 7.9h-5.8z" />
        <path class="mark-south" d="M16 22.4l-2.9-7.9h5.8z" />
      </g>
    </svg>
  );
}

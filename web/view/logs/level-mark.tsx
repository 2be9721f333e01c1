import type { JSX } from 'preact';

import { LEVEL_LOOKS } from '../../log/level.ts';
import type { Level } from '../../log/level.ts';

/** The level as a letter in a shape of its own and a colour; screen readers hear the word. */
export function LevelMark({ level }: { level: Level }): JSX.Element {
  const { word, letter } = LEVEL_LOOKS[level];
  return (
    <span class={`level level-${level}`} title={word}>
      <span aria-hidden="true">{letter}</span>
      <span class="unseen">{word}</span>
    </span>
  );
}

import type { JSX } from 'preact';

import type { LogFilter } from '../../log/filter.ts';
import { splitAtHits } from '../../log/show-text.ts';

/** A text with the places marked that were looked for; those of a regular expression only the server knows. */
export function LogText({ text, filter }: { text: string; filter: LogFilter }): JSX.Element {
  const needle = filter.isRegex ? '' : filter.text;
  return (
    <>
      {splitAtHits(text, needle, filter.ignoreCase).map(({ text, hit }) =>
        hit ? <mark>{text}</mark> : text,
      )}
    </>
  );
}

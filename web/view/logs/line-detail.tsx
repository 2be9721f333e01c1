import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';

import { formatValue } from '../../format/unit.ts';
import { printUtcNs, secondsOf } from '../../log/log-line.ts';
import type { LogLine } from '../../log/log-line.ts';
import type { LabelMatch } from '../../log/selector.ts';
import { CUT_CHARS, cutText, visibleText } from '../../log/show-text.ts';
import { copyText } from '../../shell/copy-text.ts';
import { usePage } from '../../state/page.ts';
import { printRange } from '../../time/range.ts';

export interface LineDetailProps {
  readonly line: LogLine;
  readonly onNarrow: (match: LabelMatch) => void;
}

/** Everything about a line: its whole text, exact time and labels, each of which can narrow the search. */
export function LineDetail({ line, onNarrow }: LineDetailProps): JSX.Element {
  const page = usePage();
  const whole = useSignal(false);
  const isCut = line.text.length > CUT_CHARS && !whole.value;
  const copy = async (text: string, what: string): Promise<void> => {
    const copied = await copyText(text, document);
    page.notice.value = copied ? `${what} copied` : 'The browser forbids copying';
  };
  return (
    <div class="log-detail">
      <pre class="log-whole">{visibleText(isCut ? cutText(line.text) : line.text, true)}</pre>
      {isCut && (
        <button type="button" class="plain" onClick={() => (whole.value = true)}>
          Show all {formatValue(line.text.length, 'number')} characters
        </button>
      )}
      <LineLabels line={line} onNarrow={onNarrow} />
      <p class="log-actions">
        <button type="button" class="plain" onClick={() => void copy(line.text, 'Line')}>
          Copy line
        </button>
        <button
          type="button"
          class="plain"
          onClick={() =>
            void copy(new URL(page.address.link(linkTo(line, page)), location.href).href, 'Link')
          }
        >
          Copy link
        </button>
      </p>
    </div>
  );
}

function LineLabels({ line, onNarrow }: LineDetailProps): JSX.Element {
  const { times } = usePage();
  return (
    <dl class="log-labels">
      <div>
        <dt>time</dt>
        <dd>
          {times.moment(secondsOf(line.timeNs))} · <span class="log-utc">{printUtcNs(line.timeNs)}</span>
        </dd>
      </div>
      {Object.entries(line.labels).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {visibleText(value, true)}
            <NarrowButton sign="+" words="Only" match={{ name, operator: '=', value }} onNarrow={onNarrow} />
            <NarrowButton
              sign="−"
              words="Without"
              match={{ name, operator: '!=', value }}
              onNarrow={onNarrow}
            />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function NarrowButton({
  sign,
  words,
  match,
  onNarrow,
}: {
  sign: string;
  words: string;
  match: LabelMatch;
  onNarrow: LineDetailProps['onNarrow'];
}): JSX.Element {
  const title = `${words} lines with ${match.name}=${match.value}`;
  return (
    <button type="button" class="narrow" title={title} aria-label={title} onClick={() => onNarrow(match)}>
      {sign}
    </button>
  );
}

/** A range that ends right behind the line, so that the line is among the newest. */
function linkTo(line: LogLine, page: ReturnType<typeof usePage>): Record<string, string | null> {
  const endSeconds = Math.floor(secondsOf(line.timeNs)) + 1;
  return { ...printRange({ ...page.range.value, endSeconds }), order: null, line: String(line.timeNs) };
}

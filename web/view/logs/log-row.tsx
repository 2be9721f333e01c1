import type { JSX } from 'preact';

import type { LogFilter } from '../../log/filter.ts';
import { printUtcNs, secondsOf, sourceOf } from '../../log/log-line.ts';
import type { LogLine } from '../../log/log-line.ts';
import { CUT_CHARS, cutText, visibleText } from '../../log/show-text.ts';
import { usePage } from '../../state/page.ts';
import { LevelMark } from './level-mark.tsx';
import { LineDetail } from './line-detail.tsx';
import type { LineDetailProps } from './line-detail.tsx';
import { LogText } from './log-text.tsx';

export interface LogRowProps extends Omit<LineDetailProps, 'line'> {
  readonly line: LogLine;
  readonly filter: LogFilter;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}

/** A line: when, how bad, from where, what; and all that is known of it when it is open. */
export function LogRow({ line, filter, isOpen, onToggle, ...detail }: LogRowProps): JSX.Element {
  const { times } = usePage();
  const utc = printUtcNs(line.timeNs);
  const [day, clock] = splitMoment(times.moment(secondsOf(line.timeNs)));
  const press = (event: MouseEvent): void => {
    const marks = getSelection()?.isCollapsed === false;
    if (!marks && !(event.target as Element).closest('button, a')) onToggle();
  };
  return (
    <>
      <div class={isOpen ? 'log-row is-open' : 'log-row'} onClick={press}>
        <button
          type="button"
          class="log-toggle"
          tabIndex={-1}
          aria-expanded={isOpen}
          aria-label={`Details of the line at ${clock}`}
          onClick={onToggle}
        />
        <time class="log-time" dateTime={utc} title={`${utc} (UTC)`}>
          <span class="log-day">{day} </span>
          {clock}
          <span class="log-fraction">{utc.slice(19, 23)}</span>
        </time>
        <LevelMark level={line.level} />
        <span class="log-source" title={sourceOf(line.labels)}>
          {sourceOf(line.labels)}
        </span>
        <span class="log-text">
          <LogText text={visibleText(cutText(line.text), false)} filter={filter} />
          {line.text.length > CUT_CHARS && <span class="log-cut">… open for all of it</span>}
        </span>
      </div>
      {isOpen && <LineDetail line={line} {...detail} />}
    </>
  );
}

/** `20 Nov` and `09:04:05`. */
function splitMoment(moment: string): [day: string, clock: string] {
  const at = moment.lastIndexOf(' ');
  return [moment.slice(0, at), moment.slice(at + 1)];
}

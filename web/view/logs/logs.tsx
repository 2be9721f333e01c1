import '../../style/logs.css';

import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useMemo, useRef } from 'preact/hooks';

import { readFilter, writeFilter } from '../../log/filter.ts';
import type { LogFilter } from '../../log/filter.ts';
import type { Order } from '../../log/log-list.ts';
import { withMatch } from '../../log/selector.ts';
import type { LabelMatch } from '../../log/selector.ts';
import { usePage } from '../../state/page.ts';
import { FilterBar } from './filter-bar.tsx';
import { Histogram } from './histogram.tsx';
import { LineList } from './line-list.tsx';
import { totalOf } from './level-lines.ts';
import { useHistogram, useLogFeed } from './use-logs.ts';

/** Search in logs: a filter, its hits over time, its lines, and those that come in. */
export function Logs(): JSX.Element {
  const page = usePage();
  const params = page.address.params.value;
  const written = JSON.stringify(readFilter(params));
  const filter = useMemo(() => JSON.parse(written) as LogFilter, [written]);
  const order: Order = params.get('order') === 'oldest' ? 'oldest' : 'newest';
  const feed = useLogFeed(filter, order);
  const fault = feed.fault.value;
  const bars = useHistogram(filter, fault?.isAbsent !== true);
  const search = (next: LogFilter): void => {
    const changes = writeFilter(next);
    if (JSON.stringify(next) === written) page.reload();
    else page.address.go({ ...changes, line: null });
  };
  const latest = useRef({ filter, search });
  latest.current = { filter, search };
  const narrow = useSignal((match: LabelMatch): void => {
    const { filter, search } = latest.current;
    search({ ...filter, selector: withMatch(filter.selector, match) });
  }).value;
  if (fault?.isAbsent) return <NoLogs />;
  return (
    <div class="logs">
      <h1 class="unseen">Logs</h1>
      <FilterBar filter={filter} onSearch={search} onNarrow={narrow} />
      <Histogram bars={bars} />
      <LineList
        feed={feed}
        filter={filter}
        order={order}
        total={bars.histogram ? totalOf(bars.histogram) : null}
        onNarrow={narrow}
      />
    </div>
  );
}

function NoLogs(): JSX.Element {
  return (
    <section class="empty">
      <h1>This server keeps no logs</h1>
      <p>Its part for logs is missing or switched off. Press r to look again.</p>
    </section>
  );
}

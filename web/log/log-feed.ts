import { batch, signal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';

import { Fault, reasonOf } from '../../lib/fault.ts';
import type { TailedLines } from '../api/log-answer.ts';
import type { LogApi } from '../api/log-client.ts';
import { Latest } from '../series/latest.ts';
import type { LogFilter } from './filter.ts';
import { lineOf } from './log-line.ts';
import type { LogLine, SentLine } from './log-line.ts';
import { LogList } from './log-list.ts';
import type { Order } from './log-list.ts';

export interface LogQuestion {
  readonly filter: LogFilter;
  readonly order: Order;
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** The range ends now, so that new lines belong to it. */
  readonly isLive: boolean;
}

/** Why there is no answer. */
export interface LogFault {
  readonly reason: string;
  /** The server keeps no logs at all. */
  readonly isAbsent: boolean;
}

/** `none`: new lines are not for this list, because it ends in the past or before them. */
export type TailState = 'none' | 'opening' | 'open' | 'lost';

const PAGE_LINES = 500;

/** The lines of a search, page by page, and those that come in meanwhile. */
export class LogFeed {
  readonly #api: LogApi;
  readonly #latest = new Latest<LogQuestion | string>((asked, signal) => this.#answer(asked, signal));
  readonly #lines = signal<readonly LogLine[] | null>(null);
  readonly #loading = signal(false);
  readonly #fault = signal<LogFault | null>(null);
  readonly #next = signal<string | null>(null);
  readonly #warnings = signal<readonly string[]>([]);
  readonly #heldCount = signal(0);
  readonly #lostLines = signal<number | null>(0);
  readonly #tail = signal<TailState>('none');
  readonly #searches = signal(0);
  #list = new LogList('newest');
  #question: LogQuestion | null = null;
  #from: string | null = null;
  #endTail: (() => void) | null = null;
  #holds = false;
  #failed: LogQuestion | string | null = null;
  #arrived = 0;
  #lastId = 0;

  constructor(api: LogApi) {
    this.#api = api;
  }

  /** In the order in which they are shown; null until the first answer. */
  get lines(): ReadonlySignal<readonly LogLine[] | null> {
    return this.#lines;
  }

  get loading(): ReadonlySignal<boolean> {
    return this.#loading;
  }

  get fault(): ReadonlySignal<LogFault | null> {
    return this.#fault;
  }

  /** Is there another page, and room for it? */
  get hasMore(): boolean {
    return this.#next.value !== null && !this.#list.isFull;
  }

  /** The list holds as many lines as it may. */
  get isFull(): boolean {
    return this.#lines.value !== null && this.#list.isFull;
  }

  get warnings(): ReadonlySignal<readonly string[]> {
    return this.#warnings;
  }

  /** Lines that came in and wait to be let in. */
  get heldCount(): ReadonlySignal<number> {
    return this.#heldCount;
  }

  /** Lines that came in too fast to be shown; null: some, nobody knows how many. */
  get lostLines(): ReadonlySignal<number | null> {
    return this.#lostLines;
  }

  /** Another number: these are the lines of another search. */
  get searches(): ReadonlySignal<number> {
    return this.#searches;
  }

  /** Lines that have come in since the beginning. */
  get arrivedCount(): number {
    return this.#arrived;
  }

  get tail(): ReadonlySignal<TailState> {
    return this.#tail;
  }

  /** Begins anew; what is shown stays until the answer comes. */
  ask(question: LogQuestion): void {
    this.#stopTail();
    this.#failed = null;
    this.#loading.value = true;
    this.#latest.ask(question, true);
  }

  /** Fetches the next page. */
  more(): void {
    if (this.#loading.value || !this.hasMore || this.#next.value === null) return;
    this.#loading.value = true;
    this.#latest.ask(this.#next.value, false);
  }

  /** While true, lines that come in wait. */
  hold(holds: boolean): void {
    if (holds === this.#holds) return;
    this.#holds = holds;
    if (!holds) this.letIn();
  }

  /** Shows the lines that wait. */
  letIn(): void {
    if (this.#list.heldCount === 0) return;
    batch(() => {
      this.#lose(this.#list.letIn());
      this.#lines.value = this.#list.lines;
      this.#heldCount.value = 0;
    });
  }

  /** Asks again for what failed, and opens the tail again that the browser gave up. */
  revive(): void {
    if (this.#failed !== null && !this.#fault.value?.isAbsent) {
      this.#loading.value = true;
      this.#latest.ask(this.#failed, false);
    } else if (this.#tail.value === 'lost' && this.#endTail === null && this.#question)
      this.#openTail(this.#question);
  }

  stop(): void {
    this.#latest.stop();
    this.#stopTail();
  }

  async #answer(asked: LogQuestion | string, signal: AbortSignal): Promise<void> {
    const question = typeof asked === 'string' ? this.#question : asked;
    if (!question) return;
    const { filter, order, startSeconds, endSeconds } = question;
    const cursor = typeof asked === 'string' ? asked : null;
    const direction = order === 'newest' ? 'backward' : 'forward';
    const search = { filter, startSeconds, endSeconds, direction, limit: PAGE_LINES, cursor } as const;
    try {
      const page = await this.#api.search(search, signal);
      if (signal.aborted) return;
      if (cursor === null) this.#begin(question);
      this.#list.addPage(this.#linesOf(page.lines));
      this.#from = cursor === null || order === 'oldest' ? page.tail : this.#from;
      batch(() => {
        this.#next.value = page.next;
        this.#lines.value = this.#list.lines;
        this.#warnings.value = page.warnings;
        this.#fault.value = null;
        this.#loading.value = false;
        if (cursor === null) this.#searches.value++;
      });
      this.#failed = null;
      const reachesNow = question.isLive && (order === 'newest' || page.next === null);
      if (reachesNow && this.#endTail === null) this.#openTail(question);
    } catch (thrown) {
      if (signal.aborted) return;
      this.#failed = asked;
      this.#fault.value = {
        reason: reasonOf(thrown),
        isAbsent: thrown instanceof Fault && thrown.code === 'absent',
      };
      this.#loading.value = false;
    }
  }

  #begin(question: LogQuestion): void {
    this.#question = question;
    this.#list = new LogList(question.order);
    this.#heldCount.value = 0;
    this.#lostLines.value = 0;
  }

  #openTail(question: LogQuestion): void {
    this.#tail.value = 'opening';
    this.#endTail = this.#api.tail(question.filter, this.#from, {
      open: () => (this.#tail.value = 'open'),
      lines: (tailed, from) => {
        this.#from = from;
        this.#arrive(tailed);
      },
      lost: (again) => {
        this.#tail.value = 'lost';
        if (!again) this.#endTail = null;
      },
    });
  }

  #arrive({ lines, dropped }: TailedLines): void {
    this.#arrived += lines.length;
    batch(() => {
      this.#lose(dropped);
      this.#list.arrive(this.#linesOf(lines));
      if (!this.#holds) this.letIn();
      this.#heldCount.value = this.#list.heldCount;
    });
  }

  #lose(count: number | null): void {
    const lost = this.#lostLines.value;
    this.#lostLines.value = count === null || lost === null ? null : lost + count;
  }

  #stopTail(): void {
    this.#endTail?.();
    this.#endTail = null;
    this.#tail.value = 'none';
  }

  #linesOf(lines: readonly SentLine[]): LogLine[] {
    return lines.map((line) => lineOf(line, ++this.#lastId));
  }
}

import type { Clock } from '../../lib/clock.ts';
import { labelValue, printLabels, type Labels } from '../../wire/labels.ts';
import type { GroupRegistry } from '../store/store.ts';
import type { IngestLimits } from './limits.ts';
import { SeriesKeys } from './series-keys.ts';

/** Which limit refused new series, with how many. */
export type RefusedSeries = Readonly<Record<'active' | 'new' | 'target', number>>;

export type NewSeriesLimits = Pick<IngestLimits, 'maxSeries' | 'maxNewSeries' | 'maxSeriesPerTarget'>;

const MINUTE_MS = 60_000;

/**
 * The series that the store knows, and the only way in for new ones: what a sender makes up can't grow memory past
 * the limits, and the refusal names the series. Those that are known are never refused.
 */
export class SeriesGroups {
  readonly #store: GroupRegistry;
  readonly #clock: Clock;
  readonly #limits: NewSeriesLimits;
  /** Series by what senders call them. */
  readonly keys = new SeriesKeys();
  #generation: number;
  #minute = -1;
  #newInMinute = 0;
  readonly #refused = { active: 0, new: 0, target: 0 };

  constructor(store: GroupRegistry, clock: Clock, limits: NewSeriesLimits) {
    this.#store = store;
    this.#clock = clock;
    this.#limits = limits;
    this.#generation = store.generation;
  }

  /** Series that were refused since the start. */
  get refused(): RefusedSeries {
    return { ...this.#refused };
  }

  /** To be called before each round of bodies: numbers of the round before may be void. */
  begin(): void {
    if (this.#generation === this.#store.generation) return;
    this.#generation = this.#store.generation;
    this.keys.clear();
  }

  /** The group of one series, or why it is refused. */
  ofOne(labels: Labels): number | string {
    // Known series are never refused; that it is one is asked only when it matters.
    const reason = this.#refusal(labels, 0);
    if (reason !== undefined && !this.#store.hasSeries(labels)) return this.#count(reason, labels);
    const before = this.#store.seriesCount;
    const group = this.#store.groupOfOne(labels);
    this.#newInMinute += this.#store.seriesCount - before;
    return group;
  }

  /** Registers a list of series, under a name if it has one, or tells why one of them is refused. */
  ofList(series: readonly Labels[], name?: string): number | string {
    const refused = this.#mayBeRefused(series) ? this.#refusalOfList(series) : undefined;
    if (refused !== undefined) return refused;
    const before = this.#store.seriesCount;
    const group = this.#store.addGroup(series, name);
    this.#newInMinute += this.#store.seriesCount - before;
    return group;
  }

  widthOf(group: number): number {
    return this.#store.widthOf(group);
  }

  /** Would a limit be passed if all of them were new? Mostly not, and then none needs to be looked for. */
  #mayBeRefused(series: readonly Labels[]): boolean {
    const ofInstance = new Map(series.map((labels) => [labelValue(labels, 'instance'), labels]));
    for (const labels of ofInstance.values())
      if (this.#refusal(labels, series.length - 1) !== undefined) return true;
    return false;
  }

  #refusalOfList(series: readonly Labels[]): string | undefined {
    let unseen = 0;
    for (const labels of series) {
      if (this.#store.hasSeries(labels)) continue;
      const limit = this.#refusal(labels, unseen++);
      if (limit !== undefined) return this.#count(limit, labels);
    }
    return undefined;
  }

  /** The limit that a new series would pass after `unseen` others that are not registered yet. */
  #refusal(labels: Labels, unseen: number): keyof RefusedSeries | undefined {
    const { maxSeries, maxNewSeries, maxSeriesPerTarget } = this.#limits;
    if (this.#store.seriesCount + unseen >= maxSeries) return 'active';
    const instance = labelValue(labels, 'instance');
    if (instance !== '' && this.#store.seriesWith('instance', instance) + unseen >= maxSeriesPerTarget)
      return 'target';
    const minute = Math.floor(this.#clock.monotonicMs() / MINUTE_MS);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#newInMinute = 0;
    }
    return this.#newInMinute + unseen >= maxNewSeries ? 'new' : undefined;
  }

  #count(limit: keyof RefusedSeries, labels: Labels): string {
    this.#refused[limit]++;
    const { maxSeries, maxNewSeries, maxSeriesPerTarget } = this.#limits;
    const why = {
      active: `where ${maxSeries} are open already (setting ingest.max-series)`,
      new: `after ${maxNewSeries} within a minute (setting ingest.max-new-series)`,
      target: `where its instance has ${maxSeriesPerTarget} already (setting ingest.max-series-per-target)`,
    };
    return `${printLabels(labels)}: a new series ${why[limit]}`;
  }
}

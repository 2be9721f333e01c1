import { labelsKey, printLabels, type Labels } from '../../wire/labels.ts';
import type { RowBuffer } from './row-buffer.ts';
import type { GroupRegistry } from './store.ts';

/** Keeps groups in plain sight; for tests. */
export class FakeRegistry implements GroupRegistry {
  generation = 1;
  readonly groups: (readonly Labels[])[] = [];
  readonly #names = new Map<string, number>();
  readonly #series = new Set<string>();
  readonly #withLabel = new Map<string, number>();

  /** As a store does whose series have mostly ended. */
  forget(): void {
    this.generation++;
    this.groups.length = 0;
    this.#names.clear();
    this.#series.clear();
    this.#withLabel.clear();
  }

  get seriesCount(): number {
    return this.#series.size;
  }
  hasSeries(labels: Labels): boolean {
    return this.#series.has(labelsKey(labels));
  }
  seriesWith(name: string, value: string): number {
    return this.#withLabel.get(`${name}=${value}`) ?? 0;
  }
  groupNamed(name: string): number | undefined {
    return this.#names.get(name);
  }
  addGroup(series: readonly Labels[], name?: string): number {
    const group = this.groups.push(series) - 1;
    for (const labels of series) {
      if (this.hasSeries(labels)) continue;
      this.#series.add(labelsKey(labels));
      for (let i = 0; i < labels.length; i += 2) {
        const label = `${labels[i]}=${labels[i + 1]}`;
        this.#withLabel.set(label, (this.#withLabel.get(label) ?? 0) + 1);
      }
    }
    if (name !== undefined) this.#names.set(name, group);
    return group;
  }
  groupOfOne(labels: Labels): number {
    const name = `one ${labelsKey(labels)}`;
    return this.#names.get(name) ?? this.addGroup([labels], name);
  }
  widthOf(group: number): number {
    return this.groups[group]!.length;
  }

  /** Labels, time and value of each sample. */
  samplesOf(rows: RowBuffer): [series: string, atMs: number, value: number][] {
    const samples: [string, number, number][] = [];
    for (let row = 0, at = 0; row < rows.count; row++) {
      for (const labels of this.groups[rows.groups[row]!]!)
        samples.push([printLabels(labels), rows.timesMs[row]!, rows.values[at++]!]);
    }
    return samples;
  }
}

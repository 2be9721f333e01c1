import { type Labels, labelsFrom, METRIC_NAME } from '../../wire/labels.ts';
import { type Target, targetOf, type TargetRow } from './dataset.ts';

/** Reads pages of the text format, and knows a list of series again that it met before. */
export class Pages {
  readonly #scraped: Readonly<Record<string, string>>;
  readonly #targets = new Map<string, Target>();
  readonly #labels = new Map<string, Labels>();

  /** `scraped`: labels that a scraper adds to every series. */
  constructor(scraped: Readonly<Record<string, string>>) {
    this.#scraped = scraped;
  }

  /** A row of the samples without a time of their own, and one for each time that a page tells. */
  rows(page: string): TargetRow[] {
    const groups = new Map<number | undefined, { series: string[]; values: number[] }>();
    for (const line of page.split('\n')) {
      if (line === '' || line.startsWith('#')) continue;
      // Behind the labels, which may hold anything.
      const end = line.includes('}') ? line.lastIndexOf('}') + 1 : line.indexOf(' ');
      const [value = '', stamp] = line.slice(end).trim().split(' ');
      const atMs = stamp === undefined ? undefined : numberOf(stamp);
      let group = groups.get(atMs);
      if (group === undefined) groups.set(atMs, (group = { series: [], values: [] }));
      group.series.push(line.slice(0, end));
      group.values.push(numberOf(value));
    }
    return [...groups].map(([atMs, { series, values }]) => ({
      target: this.#targetOf(series),
      values: Float64Array.from(values),
      ...(atMs !== undefined && { atMs }),
    }));
  }

  #targetOf(series: readonly string[]): Target {
    const key = series.join('\n');
    let target = this.#targets.get(key);
    if (target === undefined) {
      this.#targets.set(key, (target = targetOf(series.map((text) => this.#labelsOf(text)))));
    }
    return target;
  }

  #labelsOf(text: string): Labels {
    let labels = this.#labels.get(text);
    if (labels === undefined) this.#labels.set(text, (labels = parseSeries(text, this.#scraped)));
    return labels;
  }
}

function parseSeries(text: string, scraped: Readonly<Record<string, string>>): Labels {
  const [, name = '', inner = ''] = /^([^{]+)(?:\{(.*)\})?$/.exec(text) ?? [];
  const pairs = [...inner.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)].map(
    ([, label, value]) => [label as string, unescaped(value as string)] as const,
  );
  return labelsFrom({ ...Object.fromEntries(pairs), ...scraped, [METRIC_NAME]: name });
}

function unescaped(value: string): string {
  return value.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));
}

function numberOf(text: string): number {
  const value = text.endsWith('Inf') ? Number(text.replace('Inf', 'Infinity')) : Number(text);
  if (Number.isNaN(value) && text !== 'NaN') throw new Error(`${JSON.stringify(text)} is not a number`);
  return value;
}

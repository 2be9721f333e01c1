import { formatFloat } from '../../lang/promql/number.ts';
import { METRIC_NAME, labelsKey, labelValue, type Labels } from '../../wire/labels.ts';
import { isStale } from '../../wire/sample.ts';
import type { Matcher } from '../store/matcher.ts';
import type { Scope } from '../store/scope.ts';
import type { MetricReader, ReadLimits } from '../store/store.ts';

/** Text exposition 0.0.4 with names in quotes where they need it (prometheus/docs `instrumenting/exposition_formats.md`). */
export const FEDERATE_TYPE = 'text/plain; version=0.0.4; charset=utf-8; escaping=allow-utf-8';

/**
 * The newest samples of all series that one of the selectors matches, as another Prometheus scrapes them from
 * `/federate` (prometheus/docs `prometheus/federation.md`): sorted by metric, each with its time. A series without an
 * `instance` is told with an empty one, so that whoever scrapes does not put its own there. The types of metrics are
 * not known here. Native histograms have no place in this format.
 */
export function federate(
  reader: MetricReader,
  scope: Scope,
  selectors: readonly (readonly Matcher[])[],
  { atMs, lookbackMs }: { readonly atMs: number; readonly lookbackMs: number },
  limits: ReadLimits,
): Uint8Array {
  const range = { fromMs: atMs - lookbackMs + 1, toMs: atMs };
  const byMetric = new Map<string, Map<string, string>>();
  for (const matchers of selectors) {
    for (const { labels, timestampsMs, values } of reader.select(scope, matchers, range, limits)) {
      const last = values.length - 1;
      if (isStale(values, last)) continue;
      const name = labelValue(labels, METRIC_NAME);
      const lines = byMetric.get(name) ?? new Map<string, string>();
      byMetric.set(name, lines);
      const sample = `${formatFloat(values[last] as number)} ${timestampsMs[last]}`;
      lines.set(labelsKey(labels), `${seriesText(name, labels)} ${sample}\n`);
    }
  }
  let text = '';
  for (const [name, lines] of [...byMetric].sort(([a], [b]) => (a < b ? -1 : 1)))
    text += `# TYPE ${isPlain(name) ? name : quoted(name)} untyped\n${[...lines.values()].sort().join('')}`;
  return Buffer.from(text);
}

function seriesText(name: string, labels: Labels): string {
  const pairs = isPlain(name) ? [] : [quoted(name)];
  for (let i = 0; i < labels.length; i += 2) {
    const label = labels[i] as string;
    if (label !== METRIC_NAME)
      pairs.push(
        `${/^[A-Za-z_]\w*$/.test(label) ? label : quoted(label)}=${quoted(labels[i + 1] as string)}`,
      );
  }
  if (labelValue(labels, 'instance') === '') pairs.push('instance=""');
  return `${isPlain(name) ? name : ''}{${pairs.join(',')}}`;
}

function isPlain(name: string): boolean {
  return /^[A-Za-z_:][\w:]*$/.test(name);
}

function quoted(text: string): string {
  return `"${text.replace(/[\\"\n]/g, (char) => (char === '\n' ? String.raw`\n` : `\\${char}`))}"`;
}

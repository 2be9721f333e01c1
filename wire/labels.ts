/**
 * A label set as everything below the APIs holds it: one flat array `[name, value, name, value, ...]`,
 * sorted by name in code-unit order, names unique, no empty value (an empty value means that the label is
 * absent). The metric name is the label `__name__`, as in Prometheus's data model.
 */
export type Labels = readonly string[];

export const METRIC_NAME = '__name__';

/** Builds a label set from a record; sorts, and drops empty values. */
export function labelsFrom(record: Readonly<Record<string, string>>): Labels {
  const labels: string[] = [];
  for (const name of Object.keys(record).sort()) {
    const value = record[name];
    if (value) labels.push(name, value);
  }
  return labels;
}

/** The value of a label, `''` when it is absent. */
export function labelValue(labels: Labels, name: string): string {
  for (let i = 0; i < labels.length; i += 2) if (labels[i] === name) return labels[i + 1] as string;
  return '';
}

/** Equal label sets give equal keys and different ones different keys, whatever bytes they hold. */
export function labelsKey(labels: Labels): string {
  let key = '';
  for (const part of labels) key += `${part.length}:${part}`;
  return key;
}

/** The label set with some labels set (`''` removes one); the result is sorted again. */
export function withLabels(labels: Labels, changes: Readonly<Record<string, string>>): Labels {
  const record: Record<string, string> = Object.assign(Object.create(null), changes);
  for (let i = 0; i < labels.length; i += 2) {
    const name = labels[i] as string;
    if (!(name in record)) record[name] = labels[i + 1] as string;
  }
  return labelsFrom(record);
}

/** A null-prototype object, so that a label called `__proto__` is only a label. */
export function labelsToRecord(labels: Labels): Record<string, string> {
  const record: Record<string, string> = Object.create(null);
  for (let i = 0; i < labels.length; i += 2) record[labels[i] as string] = labels[i + 1] as string;
  return record;
}

/** `name{a="b"}`, as Prometheus prints a series. */
export function printLabels(labels: Labels): string {
  let name = '';
  const rest: string[] = [];
  for (let i = 0; i < labels.length; i += 2) {
    if (labels[i] === METRIC_NAME) name = labels[i + 1] as string;
    else rest.push(`${labels[i]}=${JSON.stringify(labels[i + 1])}`);
  }
  return rest.length > 0 || name === '' ? `${name}{${rest.join(', ')}}` : name;
}

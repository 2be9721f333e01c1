import { Fault, reasonOf } from '../../lib/fault.ts';
import { labelsFrom, labelsKey, METRIC_NAME, printLabels } from '../../wire/labels.ts';
import type { QuerySample } from '../query.ts';
import type { AlertRule, TemplatedValue } from '../rules/rule.ts';
import { expandAlertTemplate, labelMap, type AlertData, type TemplateWorld } from '../rules/template.ts';
import type { Found } from './alert.ts';

/** A template that went wrong, for the log. */
export type OnTemplateFault = (where: string, reason: string) => void;

/**
 * What a rule's query gave, with labels and annotations filled in, by `labelsKey`. A template that goes wrong
 * leaves its reason as the text, so that the alert comes anyhow. Throws a Fault when two results would be the
 * same alert, or when there are more than `limit` (0: any number).
 */
export async function findAlerts(
  rule: AlertRule,
  samples: readonly QuerySample[],
  world: TemplateWorld,
  atMs: number,
  limit: number,
  onFault: OnTemplateFault,
): Promise<Map<string, Found>> {
  if (limit > 0 && samples.length > limit) {
    throw new Fault('limit', `${samples.length} alerts are more than the group's limit of ${limit}`);
  }
  const found = new Map<string, Found>();
  for (const { labels, value } of samples) {
    const data = { labels: labelMap(labels), value };
    const own = await expandAll(rule.labels, data, world, atMs, onFault);
    const { [METRIC_NAME]: _, ...rest } = Object.fromEntries(data.labels);
    const all = labelsFrom({ ...rest, ...own, alertname: rule.name });
    const key = labelsKey(all);
    if (found.has(key)) {
      throw new Fault('execution', `several results have the labels ${printLabels(all)} of the same alert`);
    }
    const annotations = await expandAll(rule.annotations, data, world, atMs, onFault);
    found.set(key, { labels: all, annotations, value });
  }
  return found;
}

async function expandAll(
  values: readonly TemplatedValue[],
  data: AlertData,
  world: TemplateWorld,
  atMs: number,
  onFault: OnTemplateFault,
): Promise<Record<string, string>> {
  const texts: Record<string, string> = Object.create(null);
  for (const { name, template } of values) {
    try {
      texts[name] = await expandAlertTemplate(template, data, world, atMs);
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown;
      onFault(name, reasonOf(thrown));
      texts[name] = `<error expanding template: ${reasonOf(thrown)}>`;
    }
  }
  return texts;
}

import type { Node } from 'yaml';

import { Fault } from '../../lib/fault.ts';
import { parseDurationMs } from '../../lib/quantity.ts';
import { parsePromQL } from '../../lang/promql/parse.ts';
import { printPromQL } from '../../lang/promql/print.ts';
import type { AlertRule, RecordingRule, RuleGroup, TemplatedValue } from './rule.ts';
import { parseAlertTemplate } from './template.ts';
import { offsetOf, YamlReader, type Field } from './yaml-reader.ts';

const GROUP_FIELDS = ['name', 'interval', 'query_offset', 'limit', 'labels', 'rules'];
const RULE_FIELDS = ['record', 'alert', 'expr', 'for', 'keep_firing_for', 'labels', 'annotations'];
const LABEL_NAME = /^[A-Za-z_]\w*$/;
const METRIC_NAME = /^[A-Za-z_:][\w:]*$/;

export interface RuleFile {
  readonly groups: readonly RuleGroup[];
  /** All that is wrong; then the groups must not be used. */
  readonly faults: readonly string[];
  /** What an operator may want to know, though it is allowed. */
  readonly warnings: readonly string[];
}

/** Reads a rule file in Prometheus's format (prometheus/docs `configuration/recording_rules.md`, `alerting_rules.md`). */
export function parseRuleFile(file: string, text: string): RuleFile {
  const reader = new YamlReader(file, text);
  const parser = new Parser(file, reader);
  const groups = parser.groups();
  const warnings = reader.hasMore ? [`${file}: only its first YAML document is read`] : [];
  return { groups, faults: reader.faults, warnings };
}

class Parser {
  readonly #file: string;
  readonly #reader: YamlReader;

  constructor(file: string, reader: YamlReader) {
    this.#file = file;
    this.#reader = reader;
  }

  groups(): RuleGroup[] {
    const list = this.#reader.fields(this.#reader.root, '', ['groups']).get('groups')?.node;
    const names = new Set<string>();
    return this.#reader.items(list, 'groups').map((node, index) => {
      const group = this.#group(node, index);
      if (names.has(group.name)) {
        this.#reader.fault(
          offsetOf(node),
          '',
          `group ${JSON.stringify(group.name)} is there twice in this file`,
        );
      }
      names.add(group.name);
      return group;
    });
  }

  #group(node: Node, index: number): RuleGroup {
    const reader = this.#reader;
    const fields = reader.fields(node, `group ${index + 1}`, GROUP_FIELDS);
    const name = reader.text(fields.get('name'), `group ${index + 1}: `);
    if (name === '') reader.fault(offsetOf(node), `group ${index + 1}`, 'name must be set');
    const where = `group ${JSON.stringify(name)}`;
    const labels = this.#templated(fields.get('labels'), `${where}: `);
    const rules = reader
      .items(fields.get('rules')?.node, `${where}: rules`)
      .map((rule, i) => this.#rule(rule, name, `${where}, rule ${i + 1}`, labels));
    return {
      file: this.#file,
      name,
      intervalMs: reader.value(fields.get('interval'), `${where}: `, parsePositiveMs),
      queryOffsetMs: reader.value(fields.get('query_offset'), `${where}: `, parseDurationMs) ?? 0,
      limit: reader.value(fields.get('limit'), `${where}: `, parseCount) ?? 0,
      rules: rules.filter((rule) => rule !== undefined),
    };
  }

  #rule(
    node: Node,
    group: string,
    position: string,
    ofGroup: readonly TemplatedValue[],
  ): AlertRule | RecordingRule | undefined {
    const reader = this.#reader;
    const fields = reader.fields(node, position, RULE_FIELDS);
    const record = reader.text(fields.get('record'), `${position}: `);
    const alert = reader.text(fields.get('alert'), `${position}: `);
    const where = `${position}, ${JSON.stringify(record || alert)}`;
    const at = offsetOf(node);
    if (record !== '' && alert !== '') reader.fault(at, where, 'only one of record and alert may be set');
    if (record === '' && alert === '') reader.fault(at, position, 'one of record and alert must be set');
    const before = reader.faults.length;
    const expr = reader.value(fields.get('expr'), `${where}: `, (text) => printPromQL(parsePromQL(text)));
    if (expr === undefined && reader.faults.length === before) reader.fault(at, where, 'expr must be set');
    const own = this.#templated(fields.get('labels'), `${where}: `);
    const labels = [...ofGroup.filter(({ name }) => !own.some((label) => label.name === name)), ...own];
    const annotations = this.#templated(fields.get('annotations'), `${where}: `);
    const forMs = reader.value(fields.get('for'), `${where}: `, parseDurationMs) ?? 0;
    const keepFiringForMs = reader.value(fields.get('keep_firing_for'), `${where}: `, parseDurationMs) ?? 0;
    if (record !== '') {
      this.#checkRecord(record, fields, where);
      return { kind: 'record', name: record, expr: expr ?? '', labels };
    }
    const key = JSON.stringify([group, alert]);
    return { kind: 'alert', key, name: alert, expr: expr ?? '', forMs, keepFiringForMs, labels, annotations };
  }

  #checkRecord(name: string, fields: ReadonlyMap<string, Field>, where: string): void {
    if (!METRIC_NAME.test(name)) {
      this.#reader.fault(
        fields.get('record')?.at ?? 0,
        where,
        `record must be a metric name, not ${JSON.stringify(name)}`,
      );
    }
    for (const unfit of ['for', 'keep_firing_for', 'annotations']) {
      const field = fields.get(unfit);
      if (field !== undefined) this.#reader.fault(field.at, where, `${unfit} is for alerts, not for record`);
    }
  }

  #templated(field: Field | undefined, where: string): TemplatedValue[] {
    const reader = this.#reader;
    return reader.entries(field?.node, `${where}${field?.name}`).map((entry) => {
      const { name } = entry;
      if (!LABEL_NAME.test(name) || name === '__name__') {
        reader.fault(
          entry.at,
          `${where}${field?.name}`,
          `${JSON.stringify(name)} can't be the name of a label or annotation`,
        );
      }
      const inner = `${where}${field?.name}: `;
      const template = reader.value(entry, inner, parseAlertTemplate);
      return { name, template: template ?? parseAlertTemplate('') };
    });
  }
}

function parsePositiveMs(text: string): number {
  const ms = parseDurationMs(text);
  if (ms === 0) throw new Fault('bad_duration', 'must be longer than nothing');
  return ms;
}

function parseCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Fault('bad_count', 'is not a whole number such as 10');
  return Number(text);
}

import { globSync, readFileSync } from 'node:fs';

import { Fault, reasonOf } from '../../lib/fault.ts';
import { parseRuleFile } from './parse-rule-file.ts';
import type { AlertRule, RuleGroup } from './rule.ts';

const MAX_FILE_BYTES = 8 * 1024 * 1024;

export interface RulesRead {
  readonly groups: readonly RuleGroup[];
  readonly warnings: readonly string[];
}

/**
 * The groups of all files that the patterns name (`/etc/binnacle/rules/*.yaml`), in order. Throws one Fault
 * `bad_rules` that tells everything that is wrong in all files; a pattern that names no file is a warning.
 */
export function readRuleFiles(patterns: readonly string[]): RulesRead {
  const faults: string[] = [];
  const warnings: string[] = [];
  const files = new Set<string>();
  for (const pattern of patterns) {
    const found = /[*?[{]/.test(pattern) ? globSync(pattern).sort() : [pattern];
    if (found.length === 0)
      warnings.push(`no rule file is named by ${JSON.stringify(pattern)} (setting alerting.rules)`);
    for (const file of found) files.add(file);
  }
  const groups = [...files].flatMap((file) => {
    try {
      const read = parseRuleFile(file, readText(file));
      faults.push(...read.faults);
      warnings.push(...read.warnings);
      return read.groups;
    } catch (thrown) {
      faults.push(`${file}: can't be read: ${reasonOf(thrown)}`);
      return [];
    }
  });
  if (faults.length > 0) throw rulesFault(faults);
  return { groups: withDistinctKeys(groups), warnings };
}

function readText(file: string): string {
  const bytes = readFileSync(file);
  if (bytes.length > MAX_FILE_BYTES) {
    throw new Fault('bad_rules', `it has ${bytes.length} bytes, ${MAX_FILE_BYTES} are the limit`);
  }
  return bytes.toString();
}

function rulesFault(faults: readonly string[]): Fault {
  const [first = ''] = faults;
  const message =
    faults.length === 1
      ? `a rule is wrong: ${first}`
      : `${faults.length} things are wrong in rule files:\n${faults.map((fault) => `  ${fault}`).join('\n')}`;
  return new Fault('bad_rules', message);
}

/** A group may have several rules of one name, and several files a group of one name. */
function withDistinctKeys(groups: readonly RuleGroup[]): RuleGroup[] {
  const counts = new Map<string, number>();
  const distinct = (rule: AlertRule): AlertRule => {
    const count = counts.get(rule.key) ?? 0;
    counts.set(rule.key, count + 1);
    return count === 0 ? rule : { ...rule, key: `${rule.key}#${count}` };
  };
  return groups.map((group) => ({
    ...group,
    rules: group.rules.map((rule) => (rule.kind === 'alert' ? distinct(rule) : rule)),
  }));
}

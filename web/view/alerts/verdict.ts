import type { AlertRule } from '../../alert/alert.ts';

/** One sentence about all rules, and how bad it is. */
export function verdictOf(rules: readonly AlertRule[]): { level: 'good' | 'warning' | 'bad'; words: string } {
  const alerts = rules.flatMap((rule) => rule.alerts);
  const firing = alerts.filter((alert) => alert.state === 'firing').length;
  const pending = alerts.length - firing;
  const broken = rules.filter((rule) => rule.lastError !== null).length;
  if (rules.length === 0) return { level: 'warning', words: 'No rule is loaded: nothing is watched.' };
  const words: string[] = [];
  if (firing > 0) words.push(counted(firing, 'alert fires', 'alerts fire'));
  if (pending > 0) words.push(counted(pending, 'is pending', 'are pending'));
  if (broken > 0) words.push(counted(broken, 'rule cannot be evaluated', 'rules cannot be evaluated'));
  const level = firing > 0 ? 'bad' : pending + broken > 0 ? 'warning' : 'good';
  const of = `${counted(rules.length, 'rule watches', 'rules watch')}.`;
  if (words.length === 0) return { level, words: `No alert fires; ${of}` };
  return { level, words: `${words.join(', ')}; ${of}` };
}

function counted(count: number, one: string, many: string): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

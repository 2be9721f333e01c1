import { printFlags } from '../lib/settings-print.ts';
import { JOB_NAMES, PART_NAMES, type JobName, type PartName } from './command-line.ts';
import type { Job } from './job.ts';
import type { Part } from './part.ts';

/** The page of `binnacle --help`. */
export function generalHelp(
  parts: Readonly<Record<PartName, Part>>,
  jobs: Readonly<Record<JobName, Job>>,
): string {
  const commands: [string, string][] = [
    ...PART_NAMES.map((name): [string, string] => [name, parts[name].summary]),
    ['check-config [COMMAND]', 'Checks the settings of a command (default standalone) and prints them.'],
    ...JOB_NAMES.map((name): [string, string] => [firstWords(jobs[name]), jobs[name].summary]),
  ];
  const lines = commands.map(([name, summary]) => `  ${name.padEnd(24)}${summary}`);
  return `Metrics, logs and alerts of a Kubernetes cluster or a single Linux host.

Usage: binnacle COMMAND [--SETTING VALUE ...]

Commands:
${lines.join('\n')}

  --help, --version

binnacle COMMAND --help lists the settings of a command. Each is also a variable of the environment
(--data-dir is BINNACLE_DATA_DIR) and a key of the YAML file that --config names.
`;
}

/** The page of `binnacle agent --help`. */
export function partHelp(name: PartName, part: Part): string {
  return `${part.summary}

Usage: binnacle ${name} [--SETTING VALUE ...]

Settings, the strongest source first: flag, environment, file, default.
${printFlags(part.tables)}`;
}

/** The page of `binnacle backup --help`. */
export function jobHelp({ summary, usage, help }: Job): string {
  return `${summary}

${usage.map((line, i) => `${i === 0 ? 'Usage:' : '      '} binnacle ${line}`).join('\n')}

${help}`;
}

/** `backup DIR`: how it is called, without options. */
function firstWords({ usage }: Job): string {
  return (usage[0] as string).replace(/ \[?--?[a-z].*/, '');
}

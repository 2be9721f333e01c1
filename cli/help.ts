import { printFlags } from '../lib/settings-print.ts';
import { PART_NAMES, type PartName } from './command-line.ts';
import type { Part } from './part.ts';

/** The page of `binnacle --help`. */
export function generalHelp(parts: Readonly<Record<PartName, Part>>): string {
  const commands: [string, string][] = [
    ...PART_NAMES.map((name): [string, string] => [name, parts[name].summary]),
    ['check-config [COMMAND]', 'Checks the settings of a command (default standalone) and prints them.'],
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

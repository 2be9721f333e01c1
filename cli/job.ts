import { parseArgs } from 'node:util';

import { aggregatorSettings } from '../aggregator/settings.ts';
import type { Clock } from '../lib/clock.ts';
import { Fault, reasonOf } from '../lib/fault.ts';
import { readSettings } from '../lib/settings-read.ts';
import type { SettingsTable } from '../lib/settings.ts';

export interface Terminal {
  /** Characters of a line. */
  readonly columns: number;
  readonly colours: boolean;
}

export interface JobWorld {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly clock: Clock;
  /** Settings of the parts, which may stand in the same file and environment. */
  readonly elsewhere: readonly SettingsTable[];
  readFile(path: string): string;
  stdout(text: string): void;
  /** Shows in one line how far it is, where someone looks on; the next one replaces it, `''` takes it away. */
  progress(line: string): void;
  /** Tells a person something beside the output. */
  remark(line: string): void;
  /** What the output goes to; undefined when it is no terminal. */
  readonly terminal: Terminal | undefined;
  /**
   * Aborted when someone asks the program to stop. A job that has asked for it takes back what is half done and ends;
   * any other is ended at once.
   */
  stopSignal(): AbortSignal;
  /** Lets other programs on this machine go first from now on. */
  stepBack(): void;
}

/** A command that runs to an end of its own, unlike a part. */
export interface Job {
  readonly summary: string;
  /** The pages of `--help`: how it is called, a line each and without the program's name. */
  readonly usage: readonly string[];
  /** What its options are and what has to be known; ends with a newline. */
  readonly help: string;
  /** Gives the exit code. Throws a Fault; `usage` when it is called wrongly. */
  run(args: readonly string[], world: JobWorld): Promise<number>;
}

export interface JobArguments {
  readonly words: readonly string[];
  /** By name, those that were given. */
  readonly options: Readonly<Record<string, string | undefined>>;
  readonly dataDir: string;
}

/** The options of `--help` that every job with a data folder has. */
export const DATA_DIR_HELP = `  --data-dir DIR   The data folder of the program. (setting data-dir; default ${aggregatorSettings.dataDir.default})
  --config FILE    A YAML file with settings.
`;

/**
 * Understands words and options in any order, with the setting `data-dir` from wherever settings are given. Each
 * option takes a value; `shorts` names those with a letter, `{ output: 'o' }`. Throws the Fault `usage`.
 */
export function readJobArguments(
  args: readonly string[],
  optionNames: readonly string[],
  { environment, readFile, elsewhere }: Pick<JobWorld, 'environment' | 'readFile' | 'elsewhere'>,
  shorts: Readonly<Record<string, string>> = {},
): JobArguments {
  const names = [...optionNames, 'data-dir', 'config'];
  const { positionals, values } = parseWords(args, names, shorts);
  const flags = ['data-dir', 'config'].flatMap((name) =>
    name in values ? [`--${name}=${values[name]}`] : [],
  );
  const tables = { job: { dataDir: aggregatorSettings.dataDir } };
  const read = readSettings(tables, { flags, environment, readFile }, { elsewhere });
  return { words: positionals, options: values, dataDir: read.values.job.dataDir };
}

/** Words, and options by name, each with a value. Throws the Fault `usage`. */
export function parseWords(
  args: readonly string[],
  names: readonly string[],
  shorts: Readonly<Record<string, string>> = {},
): { positionals: string[]; values: Record<string, string | undefined> } {
  const options = Object.fromEntries(
    names.map((name) => {
      const short = shorts[name];
      return [name, { type: 'string' as const, ...(short !== undefined && { short }) }];
    }),
  );
  try {
    const { positionals, values } = parseArgs({ args: [...args], options, allowPositionals: true });
    return { positionals, values };
  } catch (cause) {
    throw new Fault('usage', reasonOf(cause));
  }
}

/** The folder that a job needs as its only word. */
export function onlyFolder(words: readonly string[], usage: string): string {
  const [folder, ...more] = words;
  if (folder === undefined) throw new Fault('usage', `a folder is missing: binnacle ${usage}`);
  if (more.length > 0)
    throw new Fault(
      'usage',
      `one folder is enough, ${JSON.stringify(more[0])} is too much: binnacle ${usage}`,
    );
  return folder;
}

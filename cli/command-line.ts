import { nearest } from '../lib/settings-nearest.ts';

/** What starts a process of its own, in the order of `--help`. */
export const PART_NAMES = ['standalone', 'agent', 'aggregator', 'alerting'] as const;
export type PartName = (typeof PART_NAMES)[number];

/** What does one thing and ends, in the order of `--help`. */
export const JOB_NAMES = ['query', 'backup', 'restore', 'store'] as const;
export type JobName = (typeof JOB_NAMES)[number];

export type CommandLine =
  | { readonly do: 'start' | 'check-config'; readonly part: PartName; readonly flags: readonly string[] }
  | { readonly do: 'run'; readonly job: JobName; readonly args: readonly string[] }
  | { readonly do: 'help'; readonly part?: PartName }
  | { readonly do: 'help'; readonly job: JobName }
  | { readonly do: 'version' }
  | { readonly do: 'refuse'; readonly why: string };

const CHECK_CONFIG = 'check-config';
const HELP = new Set(['--help', '-h', 'help']);
const VERSION = new Set(['--version', '-V', 'version']);

/** Understands the words of the command line; the flags behind the part are left to its settings. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const [word, ...rest] = args;
  if (word === undefined) return { do: 'refuse', why: 'a command is missing' };
  if (HELP.has(word)) return help(rest[0]);
  if (VERSION.has(word)) return { do: 'version' };
  if (word.startsWith('-')) {
    return { do: 'refuse', why: `the command comes first: binnacle standalone ${args.join(' ')}` };
  }
  if (word === CHECK_CONFIG) {
    const [part, ...flags] =
      rest[0] === undefined || rest[0].startsWith('-') ? ['standalone', ...rest] : rest;
    return rest.some(isHelp) ? help(word) : ofPart('check-config', part as string, flags);
  }
  if (rest.some(isHelp)) return help(word);
  return isJob(word) ? { do: 'run', job: word, args: rest } : ofPart('start', word, rest);
}

function ofPart(what: 'start' | 'check-config', word: string, flags: readonly string[]): CommandLine {
  return isPart(word) ? { do: what, part: word, flags } : unknownWord(word);
}

function help(word: string | undefined): CommandLine {
  if (word === undefined || word === CHECK_CONFIG) return { do: 'help' };
  if (isJob(word)) return { do: 'help', job: word };
  return isPart(word) ? { do: 'help', part: word } : unknownWord(word);
}

function unknownWord(word: string): CommandLine {
  const meant = nearest(word, [...PART_NAMES, ...JOB_NAMES, CHECK_CONFIG]);
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  return { do: 'refuse', why: `no such command: ${JSON.stringify(word)}${hint}` };
}

function isHelp(word: string): boolean {
  return word === '--help' || word === '-h';
}

function isPart(word: string): word is PartName {
  return (PART_NAMES as readonly string[]).includes(word);
}

function isJob(word: string): word is JobName {
  return (JOB_NAMES as readonly string[]).includes(word);
}

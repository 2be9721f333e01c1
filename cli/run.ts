import type { Clock } from '../lib/clock.ts';
import { Fault, isFault, reasonOf } from '../lib/fault.ts';
import { createLog } from '../lib/log.ts';
import type { SettingsTable } from '../lib/settings.ts';
import { printEffective } from '../lib/settings-print.ts';
import { parseCommandLine, type CommandLine, type JobName, type PartName } from './command-line.ts';
import { generalHelp, jobHelp, partHelp } from './help.ts';
import type { Job, Terminal } from './job.ts';
import type { Part, PreparedPart } from './part.ts';
import { onStopRequest, runUntilStopped, type StopRequests } from './stop.ts';

/** What the command needs from its process. */
export interface CliWorld {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly clock: Clock;
  readonly requests: StopRequests;
  /** Does someone see what goes to stderr? */
  readonly isTerminal: boolean;
  /** What stdout goes to; undefined when it is no terminal. */
  readonly terminal: Terminal | undefined;
  readFile(path: string): string;
  stdout(text: string): void;
  stderr(text: string): void;
  /** Ends the process at once. */
  stopNow(): void;
  /** Lets other programs go first. */
  stepBack(): void;
}

/** 0: done; 1: it failed; 2: it was called or set wrongly. */
type ExitCode = number;

export interface Commands {
  readonly parts: Readonly<Record<PartName, Part>>;
  readonly jobs: Readonly<Record<JobName, Job>>;
}

/** Runs one command line to its end, which for a part is the request to stop. */
export async function runCli(
  args: readonly string[],
  world: CliWorld,
  commands: Commands,
): Promise<ExitCode> {
  const command = parseCommandLine(args);
  switch (command.do) {
    case 'version':
      world.stdout(`binnacle ${world.version}\n`);
      return 0;
    case 'help':
      world.stdout(helpOf(command, commands));
      return 0;
    case 'refuse':
      return refuse(command.why, world);
    case 'run':
    case 'check-config':
    case 'start': {
      try {
        return await (command.do === 'run'
          ? runJob(command, world, commands)
          : runOfPart(command, world, commands));
      } catch (error) {
        if (error instanceof Fault && error.code === 'usage') return refuse(error.message, world);
        world.stderr(`binnacle: ${explain(error)}\n`);
        return error instanceof Fault && WRONGLY_CALLED.has(error.code) ? 2 : 1;
      }
    }
  }
}

const WRONGLY_CALLED = new Set(['bad_settings', 'bad_query']);

function refuse(why: string, world: CliWorld): ExitCode {
  world.stderr(`binnacle: ${why}\nRun binnacle --help to see what there is.\n`);
  return 2;
}

function helpOf(command: CommandLine & { do: 'help' }, { parts, jobs }: Commands): string {
  if ('job' in command) return jobHelp(jobs[command.job]);
  return command.part === undefined ? generalHelp(parts, jobs) : partHelp(command.part, parts[command.part]);
}

async function runOfPart(
  { do: what, part, flags }: CommandLine & { do: 'start' | 'check-config' },
  world: CliWorld,
  { parts }: Commands,
): Promise<ExitCode> {
  const { environment } = world;
  const readFile = (path: string): string => world.readFile(path);
  const prepared = parts[part].prepare({ flags, environment, readFile }, tablesOf(parts));
  if (what === 'start') return runPart(prepared, world);
  world.stdout(printEffective(prepared.effective));
  return 0;
}

function tablesOf(parts: Commands['parts']): SettingsTable[] {
  return Object.values(parts).flatMap(({ tables }) => Object.values(tables));
}

async function runJob(
  { job, args }: CommandLine & { do: 'run' },
  world: CliWorld,
  { parts, jobs }: Commands,
): Promise<ExitCode> {
  const progress = (line: string): void => {
    if (world.isTerminal) world.stderr(`\r${CLEAR_LINE}${line}`);
  };
  try {
    return await jobs[job].run(args, {
      environment: world.environment,
      version: world.version,
      clock: world.clock,
      elsewhere: tablesOf(parts),
      readFile: (path) => world.readFile(path),
      stdout: (text) => {
        progress('');
        world.stdout(text);
      },
      progress,
      remark: (line) => world.stderr(`binnacle: ${line}\n`),
      terminal: world.terminal,
      stopSignal: () => {
        const stop = new AbortController();
        const stopNow = (): void => world.stopNow();
        onStopRequest(world.requests, world.clock, () => stop.abort(), stopNow);
        return stop.signal;
      },
      stepBack: () => world.stepBack(),
    });
  } finally {
    progress('');
  }
}

/** Erases to the end of the line (ECMA-48, EL). */
const CLEAR_LINE = '\u001B[K';

async function runPart(prepared: PreparedPart, world: CliWorld): Promise<ExitCode> {
  const { clock, version } = world;
  const log = createLog(
    (line) => world.stderr(line),
    () => clock.nowMs(),
    prepared.logLevel,
  );
  const shown = prepared.effective.filter(({ shown }) => shown !== '').map(({ key, shown }) => [key, shown]);
  log.info('starting', { version, ...Object.fromEntries(shown) });
  const stopNow = (): void => world.stopNow();
  return runUntilStopped(
    () => prepared.start({ log, clock, version, say: (line) => world.stdout(`${line}\n`) }),
    world.requests,
    { clock, log, stopNow },
  );
}

/** Plain words for what comes from outside; a bug shows where it is. */
function explain(error: unknown): string {
  if (isFault(error)) return reasonOf(error);
  if (error instanceof Error && 'syscall' in error) {
    const { code, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
    if (code !== 'EADDRINUSE') return reasonOf(error);
    return `${address}:${port} is taken by another program: stop that one, or choose another address with --listen`;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

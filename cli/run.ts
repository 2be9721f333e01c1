import type { Clock } from '../lib/clock.ts';
import { Fault, isFault, reasonOf } from '../lib/fault.ts';
import { createLog } from '../lib/log.ts';
import { printEffective } from '../lib/settings-print.ts';
import { parseCommandLine, type PartName } from './command-line.ts';
import { generalHelp, partHelp } from './help.ts';
import type { Part, PreparedPart } from './part.ts';
import { runUntilStopped, type StopRequests } from './stop.ts';

/** What the command needs from its process. */
export interface CliWorld {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly clock: Clock;
  readonly requests: StopRequests;
  readFile(path: string): string;
  stdout(text: string): void;
  stderr(text: string): void;
  /** Ends the process at once. */
  stopNow(): void;
}

/** 0: done; 1: it failed; 2: it was called or set wrongly. */
type ExitCode = number;

/** Runs one command line to its end, which for a part is the request to stop. */
export async function runCli(
  args: readonly string[],
  world: CliWorld,
  parts: Readonly<Record<PartName, Part>>,
): Promise<ExitCode> {
  const command = parseCommandLine(args);
  switch (command.do) {
    case 'version':
      world.stdout(`binnacle ${world.version}\n`);
      return 0;
    case 'help':
      world.stdout(
        command.part === undefined ? generalHelp(parts) : partHelp(command.part, parts[command.part]),
      );
      return 0;
    case 'refuse':
      world.stderr(`binnacle: ${command.why}\nRun binnacle --help to see what there is.\n`);
      return 2;
    case 'check-config':
    case 'start': {
      const { environment } = world;
      const readFile = (path: string): string => world.readFile(path);
      const elsewhere = Object.values(parts).flatMap(({ tables }) => Object.values(tables));
      try {
        const sources = { flags: command.flags, environment, readFile };
        const prepared = parts[command.part].prepare(sources, elsewhere);
        if (command.do === 'start') return await runPart(prepared, world);
        world.stdout(printEffective(prepared.effective));
        return 0;
      } catch (error) {
        world.stderr(`binnacle: ${explain(error)}\n`);
        return error instanceof Fault && error.code === 'bad_settings' ? 2 : 1;
      }
    }
  }
}

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

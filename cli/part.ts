import { claimFolder, type Claim } from '../lib/claimed-folder.ts';
import type { Clock } from '../lib/clock.ts';
import type { Level, Log } from '../lib/log.ts';
import type { Running } from '../lib/running.ts';
import {
  readSettings,
  type EffectiveSetting,
  type PartTables,
  type PartValues,
  type ReadOptions,
  type Sources,
} from '../lib/settings-read.ts';
import { choice, type SettingsOf, type SettingsTable } from '../lib/settings.ts';

/** What the process itself takes, whatever part it runs. */
export const processSettings = {
  logLevel: choice({
    key: 'log-level',
    choices: ['debug', 'info', 'warn', 'error'],
    default: 'info',
    doc: 'The least level of the lines that the program writes to stderr.',
  }),
} satisfies SettingsTable;

export interface PartWorld {
  readonly log: Log;
  readonly clock: Clock;
  readonly version: string;
  /** Writes a line to stdout, for whoever started the program by hand. */
  readonly say: (line: string) => void;
}

/** A part as it is composed: the tables that it reads, what must hold between them, and its start. */
interface PartDefinition<T extends PartTables> {
  /** For `--help`. */
  readonly summary: string;
  readonly tables: T;
  readonly checks?: ReadOptions<T>['checks'];
  /** The folders that it writes to, which no other process may have meanwhile. */
  folders?(values: PartValues<T>): readonly string[];
  start(values: PartValues<T>, world: PartWorld): Promise<Running>;
}

/** A part as the command line sees it, its types of settings closed over. */
export interface Part {
  readonly summary: string;
  readonly tables: PartTables;
  /** Reads its settings, or throws the Fault `bad_settings`. */
  prepare(sources: Sources, elsewhere: readonly SettingsTable[]): PreparedPart;
}

export interface PreparedPart {
  readonly effective: readonly EffectiveSetting[];
  readonly logLevel: Level;
  start(world: PartWorld): Promise<Running>;
}

export function definePart<const T extends PartTables>(definition: PartDefinition<T>): Part {
  const tables = { ...definition.tables, process: processSettings };
  return {
    summary: definition.summary,
    tables,
    prepare(sources, elsewhere) {
      const checks = definition.checks ?? [];
      const { values, effective } = readSettings(tables, sources, { elsewhere, checks });
      return {
        effective,
        logLevel: (values.process as SettingsOf<typeof processSettings>).logLevel,
        start: (world) =>
          startAlone(definition.folders?.(values) ?? [], () => definition.start(values, world)),
      };
    },
  };
}

/** Starts a part with its folders claimed until it has stopped. */
async function startAlone(folders: readonly string[], start: () => Promise<Running>): Promise<Running> {
  const claims: Claim[] = [];
  const release = (): void => {
    for (const claim of claims) claim.release();
  };
  try {
    for (const folder of folders) claims.push(claimFolder(folder));
    const running = await start();
    return { url: running.url, close: () => running.close().finally(release) };
  } catch (thrown) {
    release();
    throw thrown;
  }
}

import { Fault } from './fault.ts';
import { givenByFile } from './settings-file.ts';
import {
  CONFIG_KEY,
  environmentNameOf,
  givenByEnvironment,
  givenByFlags,
  type Given,
  type Known,
} from './settings-sources.ts';
import type { Setting, SettingsOf, SettingsTable } from './settings.ts';

/** Tables by the name of their part. */
export type PartTables = Readonly<Record<string, SettingsTable>>;
export type PartValues<T extends PartTables> = { readonly [Part in keyof T]: SettingsOf<T[Part]> };

/** Where settings come from, the strongest first; below them are the defaults. */
export interface Sources {
  /** Arguments of the command after its name. */
  readonly flags: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Gives the text of the YAML file that `--config` or `BINNACLE_CONFIG` names, or throws. */
  readFile(path: string): string;
}

export interface ReadOptions<T extends PartTables> {
  /** Tables of parts that don't start here but share the file and the environment. */
  readonly elsewhere?: readonly SettingsTable[];
  /** What must hold between settings, looked at when each alone is right: gives what is wrong, naming the values. */
  readonly checks?: readonly ((values: PartValues<T>) => readonly string[])[];
}

/** A setting as it holds now, for people: no secrets. */
export interface EffectiveSetting {
  readonly key: string;
  readonly shown: string;
  readonly source: string;
}

export interface SettingsRead<T extends PartTables> {
  /** Frozen, by part. */
  readonly values: PartValues<T>;
  readonly effective: readonly EffectiveSetting[];
}

/**
 * The settings of all parts that start in this process. Throws one Fault `bad_settings` that tells everything that
 * is wrong in all sources, also in those that a stronger one overrules. A key that several parts declare is given
 * once for all of them.
 */
export function readSettings<const T extends PartTables>(
  tables: T,
  sources: Sources,
  { elsewhere = [], checks = [] }: ReadOptions<T> = {},
): SettingsRead<T> {
  const known = knownSettings(Object.values(tables), elsewhere);
  const faults: string[] = [];
  const byFlags = givenByFlags(sources.flags, known, faults);
  const byEnvironment = givenByEnvironment(sources.environment, known, faults);
  const config = [...byFlags, ...byEnvironment].find(({ key }) => key === CONFIG_KEY)?.texts[0];
  const readFile = (path: string): string => sources.readFile(path);
  const byFile = config === undefined ? [] : givenByFile(config, readFile, known, faults);
  const given = [...byFlags, ...byEnvironment, ...byFile].filter(({ key }) => key !== CONFIG_KEY);

  const values: Record<string, Readonly<Record<string, unknown>>> = {};
  const effective: EffectiveSetting[] = [];
  for (const [part, table] of Object.entries(tables)) {
    const ofPart: Record<string, unknown> = {};
    for (const [name, setting] of Object.entries(table)) {
      const { value, source } = valueOf(setting, given, faults);
      ofPart[name] = value;
      effective.push({ key: setting.key, shown: setting.show(value), source });
    }
    values[part] = Object.freeze(ofPart);
  }
  const read = { values: Object.freeze(values) as PartValues<T>, effective };
  if (faults.length === 0) faults.push(...checks.flatMap((check) => check(read.values)));
  if (faults.length > 0) throw settingsFault([...new Set(faults)]);
  return read;
}

/** The value by the strongest source; the weaker ones are looked at too. */
function valueOf(
  setting: Setting<unknown>,
  given: readonly Given[],
  faults: string[],
): { value: unknown; source: string } {
  let strongest: { value: unknown; source: string } | undefined;
  for (const { texts, source } of given.filter(({ key }) => key === setting.key)) {
    try {
      const value = setting.parse(texts);
      strongest ??= { value, source };
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      faults.push(`${source}: ${JSON.stringify(setting.mask(texts.join(',')))} ${error.message}`);
    }
  }
  return strongest ?? { value: setting.default, source: 'default' };
}

function knownSettings(tables: readonly SettingsTable[], elsewhere: readonly SettingsTable[]): Known {
  const here = new Map<string, Setting<unknown>>();
  const keyOfName = new Map<string, string>([[environmentNameOf(CONFIG_KEY), CONFIG_KEY]]);
  for (const setting of tables.flatMap((table) => Object.values(table))) {
    const { key } = setting;
    const name = environmentNameOf(key);
    const other = keyOfName.get(name);
    if (key === CONFIG_KEY || (other !== undefined && other !== key)) {
      throw new Error(`BUG: settings ${key} and ${other} are both ${name}`);
    }
    const twin = here.get(key);
    if (twin !== undefined && twin.arity !== setting.arity)
      throw new Error(`BUG: setting ${key} is of two kinds`);
    keyOfName.set(name, key);
    here.set(key, twin ?? setting);
  }
  const keysElsewhere = elsewhere.flatMap((table) => Object.values(table).map(({ key }) => key));
  return { here, elsewhere: new Set(keysElsewhere.filter((key) => !here.has(key))) };
}

function settingsFault(faults: readonly string[]): Fault {
  const [first = ''] = faults;
  const message =
    faults.length === 1
      ? `a setting is wrong: ${first}`
      : `${faults.length} settings are wrong:\n${faults.map((fault) => `  ${fault}`).join('\n')}`;
  return new Fault('bad_settings', message);
}

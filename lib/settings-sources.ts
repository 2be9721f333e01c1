import { nearest } from './settings-nearest.ts';
import type { Setting } from './settings.ts';

/** What one place says of one setting, not looked at yet. */
export interface Given {
  readonly key: string;
  readonly texts: readonly string[];
  /** For people: `flag --agent.interval`. */
  readonly source: string;
}

/** The settings that may be given. */
export interface Known {
  /** Those of the parts that start, by key. */
  readonly here: ReadonlyMap<string, Setting<unknown>>;
  /** Keys of other parts: right in a file or an environment that all parts share, wrong as a flag. */
  readonly elsewhere: ReadonlySet<string>;
}

/** The key that names the file itself; it cannot stand in the file. */
export const CONFIG_KEY = 'config';
const ENVIRONMENT_PREFIX = 'BINNACLE_';

/**
 * What Kubernetes puts into the environment of every pod for a Service whose name begins with `binnacle`; nobody
 * meant it as a setting.
 */
const SERVICE_LINK = /_SERVICE_HOST$|_SERVICE_PORT(_|$)|_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$/;

export function flagOf(key: string): string {
  return `--${key}`;
}

export function environmentNameOf(key: string): string {
  return ENVIRONMENT_PREFIX + key.toUpperCase().replaceAll(/[.-]/g, '_');
}

/** Reads `--key value`, `--key=value` and, where the setting is true or false, `--key`. Faults are appended. */
export function givenByFlags(args: readonly string[], known: Known, faults: string[]): Given[] {
  const texts = new Map<string, string[]>();
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] as string;
    if (!/^--[^=]/.test(arg)) {
      faults.push(
        arg.startsWith('-')
          ? unknownFlag(arg, known)
          : `unexpected word ${JSON.stringify(arg)}: settings are given as --key value`,
      );
      continue;
    }
    const equals = arg.indexOf('=');
    const key = arg.slice(2, equals < 0 ? undefined : equals);
    const next = args[index + 1];
    let value = equals < 0 ? undefined : arg.slice(equals + 1);
    const setting = known.here.get(key);
    if (value === undefined && setting?.arity === 'flag') value = 'true';
    if (value === undefined && next !== undefined && !next.startsWith('--')) {
      value = next;
      index++;
    }
    if (setting === undefined && key !== CONFIG_KEY) faults.push(unknownFlag(flagOf(key), known));
    else if (value === undefined) faults.push(`flag ${flagOf(key)}: needs a value`);
    else if (setting?.arity === 'list') texts.set(key, [...(texts.get(key) ?? []), ...value.split(',')]);
    else if (texts.has(key))
      faults.push(`flag ${flagOf(key)}: ${JSON.stringify(setting?.mask(value) ?? value)} is a second value`);
    else texts.set(key, [value]);
  }
  return [...texts].map(([key, texts]) => ({ key, texts, source: `flag ${flagOf(key)}` }));
}

function unknownFlag(flag: string, known: Known): string {
  if (known.elsewhere.has(flag.slice(2))) return `flag ${flag}: is a setting of another part`;
  return `flag ${flag}: no such setting${didYouMean(flag.slice(2), [CONFIG_KEY, ...known.here.keys()], flagOf)}`;
}

/** Reads the variables that begin with BINNACLE_; an empty one counts as not set. Faults are appended. */
export function givenByEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  known: Known,
  faults: string[],
): Given[] {
  const keys = new Map([CONFIG_KEY, ...known.here.keys()].map((key) => [environmentNameOf(key), key]));
  const elsewhere = new Set([...known.elsewhere].map(environmentNameOf));
  const names = [...keys.keys(), ...elsewhere].map((name) => name.slice(ENVIRONMENT_PREFIX.length));
  const given: Given[] = [];
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith(ENVIRONMENT_PREFIX) || value === undefined || value === '') continue;
    const key = keys.get(name);
    const source = `environment ${name}`;
    if (key !== undefined) {
      given.push({ key, texts: known.here.get(key)?.arity === 'list' ? value.split(',') : [value], source });
    } else if (!elsewhere.has(name) && !SERVICE_LINK.test(name)) {
      faults.push(
        `${source}: no such setting${didYouMean(name.slice(ENVIRONMENT_PREFIX.length), names, (n) => ENVIRONMENT_PREFIX + n)}`,
      );
    }
  }
  return given;
}

/** The end of a message about an unknown name; `written` turns a candidate into what the user would write. */
export function didYouMean(
  word: string,
  candidates: Iterable<string>,
  written: (candidate: string) => string = String,
): string {
  const meant = nearest(word, candidates);
  return meant === undefined ? '' : `; did you mean ${written(meant)}?`;
}

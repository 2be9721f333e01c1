import { aggregatorSettings } from '../../aggregator/settings.ts';
import { Fault, reasonOf } from '../../lib/fault.ts';
import { parseDurationMs } from '../../lib/quantity.ts';
import { formatAddress } from '../../lib/settings.ts';
import { readSettings } from '../../lib/settings-read.ts';
import { readToken } from '../../lib/token.ts';
import { parseWords, type JobWorld } from '../job.ts';

export type Output = (typeof OUTPUTS)[number];
const OUTPUTS = ['table', 'json', 'csv', 'chart'] as const;

export interface QueryOptions {
  readonly query: string;
  readonly url: string;
  readonly token: string | undefined;
  readonly output: Output;
  /** Undefined: an instant. */
  readonly stepSeconds: number | undefined;
  readonly form: Readonly<Record<string, string>>;
}

const NAMES = ['range', 'step', 'time', 'url', 'output', 'token-file', 'config'];
/** Points of a range without a step: about as many as a terminal has dots across. */
const POINTS = 240;

/** Understands the command line. Throws the Fault `usage`; `bad_settings` when the settings are wrong. */
export function readQueryOptions(args: readonly string[], world: JobWorld): QueryOptions {
  const { positionals, values } = parseWords(args, NAMES, { output: 'o' });
  const [query, ...more] = positionals;
  if (query === undefined || query.trim() === '')
    throw new Fault('usage', "a query is missing: binnacle query 'up'");
  if (more.length > 0)
    throw new Fault(
      'usage',
      `${JSON.stringify(more[0])} is too much: put the query into quotes, binnacle query 'a + b'`,
    );
  const range = values['range'] === undefined ? undefined : seconds('range', values['range']);
  const given = values['output'] ?? (range === undefined || world.terminal === undefined ? 'table' : 'chart');
  const output = OUTPUTS.find((one) => one === given);
  if (output === undefined)
    throw new Fault('usage', `-o is ${OUTPUTS.join(', ')}, not ${JSON.stringify(given)}`);
  if (output === 'chart' && range === undefined)
    throw new Fault('usage', 'a chart needs a range of time, e.g. --range 1h');
  if (values['step'] !== undefined && range === undefined)
    throw new Fault('usage', 'a step needs a range of time, e.g. --range 1h --step 15s');
  const server = serverOf(values, world);
  if (range === undefined) {
    const time = values['time'] === undefined ? {} : { time: values['time'] };
    return { query, ...server, output, stepSeconds: undefined, form: { query, ...time } };
  }
  const stepSeconds =
    values['step'] === undefined ? Math.ceil(range / POINTS) : seconds('step', values['step']);
  const end = values['time'] === undefined ? world.clock.nowMs() / 1000 : timeSeconds(values['time']);
  const form = { query, start: String(end - range), end: String(end), step: String(stepSeconds) };
  return { query, ...server, output, stepSeconds, form };
}

/** Where it is asked: as told, or where the settings say that the aggregator of this host listens. */
function serverOf(
  values: Readonly<Record<string, string | undefined>>,
  world: JobWorld,
): Pick<QueryOptions, 'url' | 'token'> {
  const { listen, tokenFile } = aggregatorSettings;
  const flags = ['config', 'token-file'].flatMap((name) =>
    name in values ? [`--${name}=${values[name]}`] : [],
  );
  const { environment, elsewhere } = world;
  const readFile = (path: string): string => world.readFile(path);
  const read = readSettings({ job: { listen, tokenFile } }, { flags, environment, readFile }, { elsewhere });
  const { job } = read.values;
  const { host, port } = job.listen;
  const told = values['url'] ?? `http://${formatAddress({ host: ANY.has(host) ? '127.0.0.1' : host, port })}`;
  const url = URL.parse(told);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new Fault('usage', `--url is a URL such as http://127.0.0.1:4400, not ${JSON.stringify(told)}`);
  return {
    url: told.replace(/\/+$/, ''),
    token: job.tokenFile === undefined ? undefined : readToken(job.tokenFile, 'token-file'),
  };
}

/** Addresses that mean all of the host's own. */
const ANY = new Set(['0.0.0.0', '::']);

function seconds(option: string, text: string): number {
  let ms: number;
  try {
    ms = Number.isFinite(Number(text)) ? Number(text) * 1000 : parseDurationMs(text);
  } catch (thrown) {
    throw new Fault('usage', `--${option}: ${JSON.stringify(text)} ${reasonOf(thrown)}`);
  }
  if (!(ms > 0)) throw new Fault('usage', `--${option} has to be more than 0, not ${JSON.stringify(text)}`);
  return ms / 1000;
}

function timeSeconds(text: string): number {
  const number = text.trim() === '' ? NaN : Number(text);
  const found = Number.isFinite(number) ? number : Date.parse(text) / 1000;
  if (Number.isFinite(found)) return found;
  const right = 'seconds since 1970 or RFC 3339, e.g. 2026-01-31T12:00:00Z';
  throw new Fault('usage', `--time: ${JSON.stringify(text)} is not ${right}`);
}

import { isLoopback } from '../lib/loopback.ts';
import {
  address,
  bytes,
  duration,
  integer,
  nameAges,
  path,
  secretFile,
  url,
  type SettingsOf,
  type SettingsTable,
} from '../lib/settings.ts';

export const aggregatorSettings = {
  listen: address({
    key: 'listen',
    default: '127.0.0.1:4400',
    doc: 'Where the aggregator answers. Other than loopback only with a token.',
  }),
  dataDir: path({ key: 'data-dir', default: './data', doc: 'Where everything is kept.' }),
  tokenFile: secretFile({ key: 'token-file', doc: 'File with the token that whoever asks has to show.' }),
  maxBodyBytes: bytes({
    key: 'ingest.max-body-size',
    default: '32MiB',
    min: '64KiB',
    max: '1GiB',
    doc: 'Largest body of a request, as it comes and when it is unpacked.',
  }),
  queueBytes: bytes({
    key: 'ingest.queue-size',
    default: '128MiB',
    min: '1MiB',
    doc: 'Bodies that may wait to be written; more are told to come again.',
  }),
  futureMs: duration({
    key: 'ingest.future-limit',
    default: '10m',
    doc: 'Samples further in the future are refused.',
  }),
  maxSamplesPerRequest: integer({
    key: 'ingest.max-samples',
    default: 500_000,
    min: 1000,
    max: 10_000_000,
    doc: "Samples of one request, other than an agent's; whoever has more sends them in parts.",
  }),
  maxLabels: integer({
    key: 'ingest.max-labels',
    default: 64,
    min: 1,
    max: 1000,
    doc: 'Labels of one series.',
  }),
  maxLabelLength: integer({
    key: 'ingest.max-label-length',
    default: 4096,
    min: 16,
    max: 65536,
    doc: 'Characters of a label name or value.',
  }),
  maxHistogramBuckets: integer({
    key: 'ingest.max-histogram-buckets',
    default: 500,
    min: 10,
    max: 10_000,
    doc: 'Buckets of a native histogram on each side of zero; each is kept as a series.',
  }),
  maxOpenSeries: integer({
    key: 'ingest.max-series',
    default: 2_000_000,
    min: 1000,
    doc: 'Series that are written at the same time; new ones past it are refused by name.',
  }),
  maxNewSeries: integer({
    key: 'ingest.max-new-series',
    default: 1_000_000,
    min: 1000,
    doc: 'New series within a minute; more are refused by name, and taken when they come again.',
  }),
  maxSeriesPerTarget: integer({
    key: 'ingest.max-series-per-target',
    default: 500_000,
    min: 100,
    doc: 'Series with the same label `instance`; more are refused by name.',
  }),
  openDataBytes: bytes({
    key: 'store.open-data-size',
    default: '128MiB',
    min: '1MiB',
    max: '4GiB',
    doc: 'Open data of this size are folded into partitions; past twice the size nothing is taken until they are.',
  }),
  foldAfterMs: duration({
    key: 'store.fold-after',
    default: '15m',
    min: '1s',
    doc: 'Open data of this age are folded into partitions.',
  }),
  retentionBytes: bytes({
    key: 'store.retention-size',
    doc: 'The oldest days are dropped when the store is larger. Default: the smaller of 10 GiB and 80 % of the volume.',
  }),
  retentionAgeMs: duration({
    key: 'store.retention-age',
    min: '1d',
    doc: 'Days older than this are dropped. Default: no limit.',
  }),
  retentionRules: nameAges({
    key: 'store.retention-of',
    default: [],
    doc: 'Series whose metric name a pattern (RE2, of the whole name) matches are dropped when their day is older; of several the first that matches counts. `go_.*=2d` keeps those two days.',
  }),
  tier5mMs: duration({
    key: 'store.tier-5m',
    min: '1d',
    doc: 'Of each day first, min, max, last, sum and count of every 5 minutes are kept so long. Default: not made.',
  }),
  tier1hMs: duration({
    key: 'store.tier-1h',
    min: '1d',
    doc: 'The same of every hour. Default: not made.',
  }),
  queryThreads: integer({
    key: 'query.threads',
    default: 2,
    min: 1,
    max: 64,
    doc: 'Queries that run at the same time, a thread each.',
  }),
  maxQueued: integer({
    key: 'query.max-queued',
    default: 100,
    min: 1,
    doc: 'Queries that may wait for a thread.',
  }),
  queryHeapBytes: bytes({
    key: 'query.max-memory',
    default: '512MiB',
    min: '64MiB',
    doc: 'Memory of one query thread.',
  }),
  queryTimeoutMs: duration({
    key: 'query.timeout',
    default: '30s',
    min: '100ms',
    doc: 'Longest time of a query.',
  }),
  maxSamples: integer({
    key: 'query.max-samples',
    default: 50_000_000,
    min: 1000,
    doc: 'Samples that a query may hold.',
  }),
  maxSeries: integer({
    key: 'query.max-series',
    default: 500_000,
    min: 1,
    doc: 'Series that a query may meet.',
  }),
  maxSteps: integer({ key: 'query.max-steps', default: 11_000, min: 1, doc: 'Steps of a range query.' }),
  maxLogLines: integer({
    key: 'query.max-log-lines',
    default: 5000,
    min: 1,
    max: 1_000_000,
    doc: 'Log lines of one page of an answer.',
  }),
  maxLogBytes: bytes({
    key: 'query.max-log-size',
    default: '16MiB',
    min: '64KiB',
    max: '1GiB',
    doc: 'Log lines of one page together; a page with more ends early, and the next goes on.',
  }),
  maxTails: integer({
    key: 'logs.max-tails',
    default: 50,
    min: 1,
    max: 1000,
    doc: 'Those who may follow log lines at the same time.',
  }),
  maxTailLines: integer({
    key: 'logs.max-tail-lines',
    default: 2000,
    min: 10,
    max: 100_000,
    doc: 'Log lines a second for one who follows; the others are counted and left out.',
  }),
  lookbackMs: duration({
    key: 'query.lookback',
    default: '5m',
    min: '1s',
    doc: 'How old a sample may be to count as the current value.',
  }),
} satisfies SettingsTable;

/** What it needs besides as a process of its own. */
export const aggregatorProcessSettings = {
  alertingUrl: url({
    key: 'api.alerting-url',
    doc: 'Where alerting runs: rules and alerts are asked there. Default: there are none.',
  }),
  alertingTokenFile: secretFile({
    key: 'api.alerting-token-file',
    doc: 'File with the token to show to alerting.',
  }),
} satisfies SettingsTable;

export type AggregatorProcessSettings = SettingsOf<typeof aggregatorProcessSettings>;
export type AggregatorSettings = SettingsOf<typeof aggregatorSettings>;

/** What must hold between settings; each fault as a sentence. */
export function checkAggregator(settings: AggregatorSettings): string[] {
  const { host } = settings.listen;
  if (isLoopback(host) || settings.tokenFile !== undefined) return [];
  return [`listen is ${host}, which others can reach: set token-file, or listen at 127.0.0.1`];
}

import { isLoopback } from '../lib/loopback.ts';
import {
  address,
  boolean,
  bytes,
  duration,
  integer,
  list,
  path,
  ratio,
  secretFile,
  text,
  url,
  type SettingsOf,
  type SettingsTable,
} from '../lib/settings.ts';

/** What /var/log has on the common distributions. */
const DEFAULT_LOG_GLOBS = [
  '/var/log/**/*.log',
  '/var/log/syslog',
  '/var/log/messages',
  '/var/log/secure',
  '/var/log/maillog',
  '/var/log/cron',
  '/var/log/debug',
];

/** What the agent needs wherever it runs. */
export const agentSettings = {
  dataDir: path({ key: 'data-dir', default: './data', doc: 'Where everything is kept.' }),
  intervalMs: duration({
    key: 'agent.interval',
    default: '5s',
    min: '1s',
    max: '1h',
    doc: 'Time between two rounds of collecting.',
  }),
  nodeName: text({
    key: 'agent.node-name',
    doc: 'The label `instance` of all series. Default: the name of the host.',
  }),
  spoolBytes: bytes({
    key: 'agent.spool-size',
    default: '256MiB',
    min: '16MiB',
    doc: 'Size of the buffer on disk; when it is full the oldest batches are dropped.',
  }),
  procRoot: path({ key: 'agent.proc', default: '/proc', doc: "Where the host's /proc is." }),
  sysRoot: path({ key: 'agent.sys', default: '/sys', doc: "Where the host's /sys is." }),
  rootfs: path({ key: 'agent.rootfs', default: '/', doc: "Where the host's file systems are." }),
  networkFilesystems: boolean({
    key: 'agent.network-filesystems',
    default: false,
    doc: 'Also tell the size of file systems of the network.',
  }),
  maxCgroups: integer({
    key: 'agent.max-cgroups',
    default: 1000,
    min: 1,
    doc: 'Cgroups that are measured; more are left out and counted.',
  }),
  maxBusiestProcesses: integer({
    key: 'agent.max-busiest-processes',
    default: 10,
    min: 1,
    max: 1000,
    doc: 'Busiest processes of each kind: by CPU, memory, file I/O, sockets.',
  }),
  logGlobs: list({
    key: 'log-globs',
    default: DEFAULT_LOG_GLOBS,
    doc: 'Log files to follow. What a wildcard finds is left out when it is compressed, rotated or binary.',
  }),
  journalctl: text({
    key: 'agent.journalctl',
    default: 'journalctl',
    doc: 'The program by which the journal is followed, where there is one; empty: it is not followed.',
  }),
  logFirstReadBytes: bytes({
    key: 'agent.log-first-read',
    default: '64KiB',
    doc: 'What is read of the end of each log file that is there at the very first start.',
  }),
  maxLineBytes: bytes({
    key: 'agent.log-max-line',
    default: '256KiB',
    min: '1KiB',
    max: '1MiB',
    doc: 'Longer log lines are cut.',
  }),
  logFlushAfterMs: duration({
    key: 'agent.log-flush-after',
    default: '5s',
    min: '100ms',
    doc: 'How long the last line of a log file waits for its end.',
  }),
  logRotateWaitMs: duration({
    key: 'agent.log-rotate-wait',
    default: '20s',
    min: '1s',
    doc: 'How long a renamed log file must have been quiet before it is let go.',
  }),
  logSpoolShare: ratio({
    key: 'agent.log-spool-share',
    default: 0.5,
    doc: 'Share of the spool that log lines may take; past it they stay in their files until there is room.',
  }),
  maxLogFiles: integer({
    key: 'agent.log-max-files',
    default: 2000,
    min: 1,
    doc: 'Log files that are followed; more are left out.',
  }),
  fluentAddress: address({
    key: 'agent.fluent.address',
    doc: 'A Fluentd or Fluent Bit (Forward protocol) that log lines are sent to as well. Default: none.',
  }),
  fluentTag: text({
    key: 'agent.fluent.tag',
    default: 'binnacle',
    doc: 'The tag of all records that go there.',
  }),
  fluentAckTimeoutMs: duration({
    key: 'agent.fluent.ack-timeout',
    default: '30s',
    min: '1s',
    doc: 'Without an acknowledgement from there for so long, lines are sent again.',
  }),
} satisfies SettingsTable;

/** What it needs besides when it is a process of its own. */
export const agentProcessSettings = {
  listen: address({
    key: 'listen',
    default: '127.0.0.1:4401',
    doc: 'Where the agent tells its health and metrics. Other than loopback only with a token.',
  }),
  tokenFile: secretFile({ key: 'token-file', doc: 'File with the token that whoever asks has to show.' }),
  aggregatorUrl: url({
    key: 'agent.aggregator-url',
    default: 'http://127.0.0.1:4400',
    doc: 'The aggregator that takes the batches.',
  }),
  aggregatorTokenFile: secretFile({
    key: 'agent.aggregator-token-file',
    doc: 'File with the token to show to the aggregator.',
  }),
} satisfies SettingsTable;

export type AgentSettings = SettingsOf<typeof agentSettings>;
export type AgentProcessSettings = SettingsOf<typeof agentProcessSettings>;

/** What must hold between settings; each fault as a sentence. */
export function checkAgent({ listen, tokenFile }: AgentProcessSettings): string[] {
  if (isLoopback(listen.host) || tokenFile !== undefined) return [];
  return [`listen is ${listen.host}, which others can reach: set token-file, or listen at 127.0.0.1`];
}

import { isLoopback } from '../lib/loopback.ts';
import {
  address,
  boolean,
  bytes,
  duration,
  integer,
  path,
  secretFile,
  text,
  url,
  type SettingsOf,
  type SettingsTable,
} from '../lib/settings.ts';

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
    min: '1MiB',
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

import { Registry } from 'prom-client';

import { AgentMetrics, FluentMetrics, LogMetrics } from '../../agent/event.ts';
import { AggregatorMetrics } from '../../aggregator/event.ts';
import { AlertingMetrics } from '../../alerting/event.ts';
import { settingsTables } from '../../cli/parts.ts';
import { silentLog } from '../../lib/log.ts';
import { renderMarkdown } from '../../lib/settings-print.ts';
import { metricsTable } from './metrics-page.ts';

/** All generated documents: file name in docs/generated/ and text. */
export function generatedDocuments(): readonly (readonly [name: string, text: string])[] {
  return [
    ['settings.md', settingsPage()],
    ['metrics.md', metricsPage()],
  ];
}

const GENERATED = '<!-- Written by npm run docs from the code. -->';

function settingsPage(): string {
  return `${GENERATED}

# Settings

A setting has one key. It is given, the strongest first, as a flag (\`--agent.interval 2s\` or \`--agent.interval=2s\`), in
the environment (\`BINNACLE_AGENT_INTERVAL=2s\`), or in the YAML file that \`--config\` names, nested at the dots:

\`\`\`yaml
agent:
  interval: 2s
\`\`\`

\`binnacle check-config\` tells all that is wrong, or prints every setting with its value and where it came from. One file
and one environment may serve all parts: each takes its own settings from them. An empty variable counts as not set.
Durations are written as \`1h30m\`, \`5s\`, \`100ms\`; sizes as \`10GiB\`, \`512MB\` or bytes. A relative path starts at the
working directory.

${renderMarkdown(settingsTables)}`;
}

function metricsPage(): string {
  const registries = {
    agent: agentRegistry(),
    aggregator: aggregatorRegistry(),
    alerting: alertingRegistry(),
  };
  return `${GENERATED}

# Metrics of its own

What each part tells of itself at \`/metrics\`. In standalone all are at the one address.

${metricsTable(registries)}`;
}

function aggregatorRegistry(): Registry {
  const registry = new Registry();
  const look = { stats: () => undefined, queries: () => ({ busy: 0, queued: 0 }) };
  void new AggregatorMetrics(registry, silentLog, look);
  return registry;
}

function agentRegistry(): Registry {
  const registry = new Registry();
  void new AgentMetrics(registry, silentLog, { backlog: () => 0, spoolBytes: () => 0 });
  void new LogMetrics(registry, silentLog, { files: () => 0, behindBytes: () => 0 });
  void new FluentMetrics(registry, silentLog);
  return registry;
}

function alertingRegistry(): Registry {
  const registry = new Registry();
  void new AlertingMetrics(registry, silentLog, {
    backlog: () => 0,
    alerts: () => ({ pending: 0, firing: 0 }),
  });
  return registry;
}

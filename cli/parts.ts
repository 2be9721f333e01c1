import { join } from 'node:path';

import { agentProcessSettings, agentSettings, checkAgent } from '../agent/settings.ts';
import { aggregatorProcessSettings, aggregatorSettings, checkAggregator } from '../aggregator/settings.ts';
import {
  alertingProcessSettings,
  alertingSettings,
  checkAlerting,
  checkAlertingProcess,
} from '../alerting/settings.ts';
import type { PartName } from './command-line.ts';
import { definePart, processSettings, type Part } from './part.ts';

const agentAlone = { ...agentSettings, ...agentProcessSettings };
const aggregatorAlone = { ...aggregatorSettings, ...aggregatorProcessSettings };
const alertingAlone = { ...alertingSettings, ...alertingProcessSettings };

/** All tables of settings by the part that takes them, for the documentation. */
export const settingsTables = {
  all: processSettings,
  aggregator: aggregatorAlone,
  agent: agentAlone,
  alerting: alertingAlone,
};

/**
 * The parts of the program. Only their settings are loaded with the command line; a part itself is imported when
 * it starts, so that an agent never holds the aggregator in memory.
 */
export const parts: Readonly<Record<PartName, Part>> = {
  standalone: definePart({
    summary: 'Watches this host: agent, aggregator and alerting in one process.',
    tables: { aggregator: aggregatorSettings, agent: agentSettings, alerting: alertingSettings },
    checks: [({ aggregator }) => checkAggregator(aggregator), ({ alerting }) => checkAlerting(alerting)],
    folders: ({ aggregator: { dataDir } }) =>
      ['store', 'spool', 'alerting'].map((name) => join(dataDir, name)),
    start: async (settings, world) => {
      const { startStandalone } = await import('./standalone.ts');
      return startStandalone(settings, world);
    },
  }),
  agent: definePart({
    summary: 'Collects on one host or node and sends to an aggregator.',
    tables: { agent: agentAlone },
    checks: [({ agent }) => checkAgent(agent)],
    folders: ({ agent }) => [join(agent.dataDir, 'spool')],
    start: async ({ agent }, { log, clock, version }) => {
      const { startAgentProcess } = await import('../agent/main.ts');
      const { Registry } = await import('prom-client');
      return startAgentProcess(agent, { log, clock, version, registry: new Registry() });
    },
  }),
  aggregator: definePart({
    summary: 'Takes in what agents send, keeps it and answers queries.',
    tables: { aggregator: aggregatorAlone },
    checks: [({ aggregator }) => checkAggregator(aggregator)],
    folders: ({ aggregator }) => [join(aggregator.dataDir, 'store')],
    start: async ({ aggregator }, { log, clock, version }) => {
      const { startAggregator } = await import('../aggregator/main.ts');
      const { Registry } = await import('prom-client');
      return startAggregator(aggregator, { log, clock, version, registry: new Registry() });
    },
  }),
  alerting: definePart({
    summary: 'Evaluates alerting rules and notifies by mail and webhook.',
    tables: { alerting: alertingAlone },
    checks: [({ alerting }) => checkAlertingProcess(alerting)],
    folders: ({ alerting }) => [join(alerting.dataDir, 'alerting')],
    start: async ({ alerting }, { log, clock }) => {
      const { startAlertingProcess } = await import('../alerting/main.ts');
      const { Registry } = await import('prom-client');
      return startAlertingProcess(alerting, { log, clock, registry: new Registry() });
    },
  }),
};

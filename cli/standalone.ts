import { Registry } from 'prom-client';

import { startAgent } from '../agent/main.ts';
import type { Deliver } from '../agent/sender.ts';
import type { AgentSettings } from '../agent/settings.ts';
import { openAggregator } from '../aggregator/main.ts';
import type { AggregatorSettings } from '../aggregator/settings.ts';
import { readQueryAnswer } from '../alerting/http-query.ts';
import { startAlerting } from '../alerting/main.ts';
import type { Query } from '../alerting/query.ts';
import type { AlertingSettings } from '../alerting/settings.ts';
import type { Running } from '../lib/running.ts';
import { formatAddress } from '../lib/settings.ts';
import type { PartWorld } from './part.ts';

/**
 * Runs agent, aggregator and alerting in one process; they call each other's functions, with no HTTP between.
 * Alerting's API joins the aggregator's.
 */
export async function startStandalone(
  settings: {
    readonly aggregator: AggregatorSettings;
    readonly agent: AgentSettings;
    readonly alerting: AlertingSettings;
  },
  { log, clock, version, say }: PartWorld,
): Promise<Running> {
  const registry = new Registry();
  const common = { log, clock, version, registry };
  const aggregator = await openAggregator(settings.aggregator, common);
  /** In the order in which they are to end. */
  const endings: (() => Promise<void>)[] = [() => aggregator.close()];
  const close = async (): Promise<void> => {
    for (const end of endings) await end();
  };
  try {
    const query: Query = async (expr, atMs) => {
      const { status, body } = await aggregator.query(expr, atMs);
      return readQueryAnswer(status, Buffer.from(body).toString(), 'the aggregator');
    };
    const externalUrl = `http://${formatAddress(settings.aggregator.listen)}`;
    const alerting = startAlerting(settings.alerting, { ...common, query, externalUrl });
    endings.unshift(() => alerting.close());
    alerting.api(aggregator.server);
    const url = await aggregator.listen();
    const deliver: Deliver = (what, body) => aggregator.deliver(what, body);
    const agent = startAgent(settings.agent, { ...common, deliver });
    // The agent first, so that what it has still to send is taken.
    endings.unshift(() => agent.close());
    aggregator.watch([...agent.checks, ...alerting.checks]);
    say(`Binnacle shows this host at ${url}/`);
    return { url, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

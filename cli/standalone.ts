import { Registry } from 'prom-client';

import { startAgent } from '../agent/main.ts';
import type { Deliver } from '../agent/sender.ts';
import type { AgentSettings } from '../agent/settings.ts';
import { startAggregator } from '../aggregator/main.ts';
import type { AggregatorSettings } from '../aggregator/settings.ts';
import type { Running } from '../lib/running.ts';
import type { PartWorld } from './part.ts';

/** Runs agent and aggregator in one process; what the agent sends goes to the aggregator without HTTP between. */
export async function startStandalone(
  settings: { readonly aggregator: AggregatorSettings; readonly agent: AgentSettings },
  { log, clock, version, say }: PartWorld,
): Promise<Running> {
  const registry = new Registry();
  const aggregator = await startAggregator(settings.aggregator, { log, clock, version, registry });
  try {
    const { url } = aggregator;
    const deliver: Deliver = (what, body) => aggregator.deliver(what, body);
    const agent = startAgent(settings.agent, { log, clock, version, registry, deliver });
    aggregator.watch(agent.checks);
    say(`Binnacle shows this host at ${url}/`);
    return {
      url,
      // The agent first, so that what it has still to send is taken.
      close: async () => {
        await agent.close();
        await aggregator.close();
      },
    };
  } catch (thrown) {
    await aggregator.close();
    throw thrown;
  }
}

import type { ActiveAlert, AlertRule, Transition } from '../alert/alert.ts';
import { decodeAlerts, decodeHistory, decodeRules } from './alert-answer.ts';
import type { Ask } from './client.ts';

/** What the page asks of alerting; a Fault `absent` when the server does none. */
export interface AlertApi {
  rules(signal: AbortSignal): Promise<readonly AlertRule[]>;
  /** What fires or is about to. */
  alerts(signal: AbortSignal): Promise<readonly ActiveAlert[]>;
  /** The newest changes of state since a moment, the newest first. */
  history(sinceSeconds: number, limit: number, signal: AbortSignal): Promise<readonly Transition[]>;
}

export function createAlertApi(ask: Ask): AlertApi {
  return {
    rules: async (signal) =>
      decodeRules(await ask('api/v1/rules', new URLSearchParams({ type: 'alert' }), signal)),
    alerts: async (signal) => decodeAlerts(await ask('api/v1/alerts', new URLSearchParams(), signal)),
    history: async (sinceSeconds, limit, signal) => {
      const params = new URLSearchParams({ limit: String(limit), since: String(sinceSeconds) });
      return decodeHistory(await ask('api/alerts/history', params, signal));
    },
  };
}

import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

import type { Log } from '../lib/log.ts';
import { printLabels } from '../wire/labels.ts';
import type { Notification } from './notify/notification.ts';
import type { Transition } from './state/alert.ts';

/** Where the gauges look when they are asked. */
interface Look {
  backlog(): number;
  alerts(): { pending: number; firing: number };
}

/** All that an operator hears of alerting: each event is one method, its log line and its counter together. */
export class AlertingMetrics {
  readonly #log: Log;
  readonly #evaluations: Counter<'result'>;
  readonly #seconds: Histogram;
  readonly #late: Counter;
  readonly #jumps: Counter;
  readonly #commitFailures: Counter;
  readonly #templateFailures: Counter;
  readonly #transitions: Counter<'to'>;
  readonly #notifications: Counter<'receiver' | 'result'>;
  /** What is wrong now, so that it is logged once and not at each evaluation. */
  readonly #known = new Map<string, string>();

  constructor(registry: Registry, log: Log, look: Look) {
    this.#log = log;
    const counter = <T extends string = string>(name: string, help: string, ...labelNames: T[]): Counter<T> =>
      new Counter({ name: `binnacle_alerting_${name}`, help, labelNames, registers: [registry] });
    this.#evaluations = counter(
      'evaluations_total',
      'Evaluations of rules by result: ok or failed.',
      'result',
    );
    this.#late = counter(
      'late_evaluations_total',
      'Evaluations of groups left out because the one before was not done.',
    );
    this.#jumps = counter(
      'clock_jumps_total',
      'Evaluations of groups left out because the clock had jumped.',
    );
    this.#commitFailures = counter(
      'commit_failures_total',
      'Evaluations of groups whose result could not be written.',
    );
    this.#templateFailures = counter(
      'template_failures_total',
      'Labels and annotations that could not be filled in.',
    );
    this.#transitions = counter(
      'transitions_total',
      'Changes of the state of an alert by the new state.',
      'to',
    );
    this.#notifications = counter(
      'notifications_total',
      'Tries to send a notification by result: sent, failed (is repeated) or dropped.',
      'receiver',
      'result',
    );
    this.#seconds = new Histogram({
      name: 'binnacle_alerting_evaluation_seconds',
      help: 'Time of an evaluation of a rule.',
      buckets: [0.001, 0.01, 0.1, 1, 10],
      registers: [registry],
    });
    addGauges(registry, look);
  }

  rulesLoaded(groups: number, alerting: number, recording: number): void {
    this.#log.info('rules loaded', { groups, alerting_rules: alerting });
    if (recording === 0) return;
    this.#log.warn('recording rules are not evaluated in this version', { recording_rules: recording });
  }

  warned(warning: string): void {
    this.#log.warn(warning);
  }

  evaluated(seconds: number, rule: string, failure: string | undefined): void {
    this.#seconds.observe(seconds);
    this.#evaluations.inc({ result: failure === undefined ? 'ok' : 'failed' });
    if (this.#changed(`rule ${rule}`, failure)) {
      if (failure === undefined) this.#log.info('a rule is evaluated again', { rule });
      else this.#log.warn('a rule is not evaluated, its alerts stay as they are', { rule, reason: failure });
    }
  }

  evaluationLate(group: string): void {
    this.#late.inc();
    this.#log.warn('an evaluation was left out: the one before is not done', { group });
  }

  clockJumped(group: string, jumpMs: number): void {
    this.#jumps.inc();
    this.#log.warn('the clock has jumped: an evaluation is left out, waiting alerts go on waiting', {
      group,
      jump_seconds: jumpMs / 1000,
    });
  }

  templateFailed(rule: string, where: string, reason: string): void {
    this.#templateFailures.inc();
    if (this.#changed(`template ${rule} ${where}`, reason)) {
      this.#log.warn('a template of a rule is wrong', { rule, where, reason });
    }
  }

  commitFailed(group: string, reason: string): void {
    this.#commitFailures.inc();
    if (this.#changed(`commit ${group}`, reason)) {
      this.#log.error('the state of alerts cannot be written: nobody is notified', { group, reason });
    }
  }

  committed(group: string, transitions: readonly Transition[]): void {
    if (this.#changed(`commit ${group}`, undefined))
      this.#log.info('the state of alerts is written again', { group });
    for (const { from, to, alert } of transitions) {
      this.#transitions.inc({ to });
      this.#log.info('an alert has changed', {
        alert: printLabels(alert.labels),
        from,
        to,
        value: alert.value,
      });
    }
  }

  sent(receiver: string, notification: Notification): void {
    this.#notifications.inc({ receiver, result: 'sent' });
    const { id, groupKey, status } = notification;
    this.#log.info('a notification was sent', { receiver, id, group: groupKey, status });
    this.#known.delete(`receiver ${receiver}`);
  }

  /** It is tried again. */
  sendFailed(receiver: string, { id }: Notification, reason: string): void {
    this.#notifications.inc({ receiver, result: 'failed' });
    if (this.#changed(`receiver ${receiver}`, reason)) {
      this.#log.warn('a notification could not be sent, it is tried again', { receiver, id, reason });
    }
  }

  dropped(receiver: string, { id, groupKey }: Notification, reason: string): void {
    this.#notifications.inc({ receiver, result: 'dropped' });
    this.#log.error('a notification is lost: it could not be sent for too long', {
      receiver,
      id,
      group: groupKey,
      reason,
    });
  }

  addressesRefused(receiver: string, addresses: string): void {
    this.#log.error('a mail was refused for some of its addresses', { receiver, addresses });
  }

  outboxFailed(reason: string): void {
    if (this.#changed('outbox', reason)) this.#log.error('the outbox cannot be read or written', { reason });
  }

  /** Did what is wrong with a thing change? Undefined: nothing is. */
  #changed(thing: string, reason: string | undefined): boolean {
    if (this.#known.get(thing) === reason) return false;
    if (reason === undefined) this.#known.delete(thing);
    else this.#known.set(thing, reason);
    return true;
  }
}

function addGauges(registry: Registry, look: Look): void {
  const backlog: Gauge = new Gauge({
    name: 'binnacle_alerting_outbox_notifications',
    help: 'Notifications that wait to be sent, counted for each receiver.',
    registers: [registry],
    collect: () => backlog.set(look.backlog()),
  });
  const alerts: Gauge<'state'> = new Gauge({
    name: 'binnacle_alerting_alerts',
    help: 'Alerts by state.',
    labelNames: ['state'],
    registers: [registry],
    collect: () => {
      const { pending, firing } = look.alerts();
      alerts.set({ state: 'pending' }, pending);
      alerts.set({ state: 'firing' }, firing);
    },
  });
}

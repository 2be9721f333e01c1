import type Database from 'better-sqlite3';

import { labelValue, type Labels } from '../../wire/labels.ts';
import type { Notification } from '../notify/notification.ts';
import type { Alert, AlertState, Transition } from './alert.ts';
import { openStateDatabase } from './database.ts';

/** What one evaluation of a group changes. */
export interface Change {
  readonly groupKey: string;
  readonly atMs: number;
  /** Alerts that are new or differ from before. */
  readonly changed: readonly Alert[];
  readonly gone: readonly Alert[];
  readonly transitions: readonly Transition[];
}

/** What is asked within the commit, when the change is already visible. */
export interface InCommit {
  /** All that fires under a name, of whatever group of rules, sorted by labels. */
  firing(name: string): Alert[];
  /** When the last notification of a group was made. */
  notifiedAtMs(groupKey: string): number | undefined;
}

/** A notification that waits to be sent to one receiver. */
export interface OutboxEntry {
  readonly id: number;
  readonly groupKey: string;
  readonly notification: Notification;
}

/** A transition as it is kept. */
export interface PastTransition {
  readonly id: number;
  readonly atMs: number;
  readonly from: string;
  readonly to: string;
  readonly labels: Labels;
  readonly annotations: Readonly<Record<string, string>>;
  readonly value: number;
  readonly activeAtMs: number;
}

/** However short the age that is kept, a storm of transitions must not fill the disk. */
const MAX_TRANSITIONS = 500_000;

interface AlertRow {
  rule: string;
  labels: string;
  state: AlertState;
  value: number | null;
  annotations: string;
  active_at: number;
  fired_at: number | null;
  keep_firing_since: number | null;
  resolved_at: number | null;
}

/** Alerts, their past and what is to be sent, in one SQLite file; each method is one commit. Throws SQLite's errors. */
export class StateStore {
  readonly #database: Database.Database;

  constructor(file: string) {
    this.#database = openStateDatabase(file);
  }

  /** All alerts, pending and just resolved ones too. */
  alerts(): Alert[] {
    return (this.#all('SELECT * FROM alert') as AlertRow[]).map(toAlert);
  }

  /** When each group that had alerts was last evaluated. */
  evaluations(): Map<string, number> {
    const rows = this.#all('SELECT group_key, at FROM evaluation') as { group_key: string; at: number }[];
    return new Map(rows.map((row) => [row.group_key, row.at]));
  }

  /** Writes a change with the notifications that follow from it, which `plan` makes; gives these back. */
  commit(
    change: Change,
    receivers: readonly string[],
    plan: (state: InCommit) => readonly Notification[],
  ): readonly Notification[] {
    return this.#database.transaction(() => {
      for (const alert of change.changed) this.#putAlert(alert);
      for (const { ruleKey, labels } of change.gone) {
        this.#run('DELETE FROM alert WHERE rule = ? AND labels = ?', ruleKey, JSON.stringify(labels));
      }
      for (const transition of change.transitions) this.#putTransition(transition);
      this.#run('INSERT OR REPLACE INTO evaluation VALUES (?, ?)', change.groupKey, change.atMs);
      const notifications = plan({
        firing: (name) => this.#firing(name),
        notifiedAtMs: (groupKey) => this.#notifiedAtMs(groupKey),
      });
      for (const notification of notifications) this.#enqueue(notification, receivers);
      return notifications;
    })();
  }

  /** The oldest entries of a receiver, one of each group: within a group the order is kept. */
  heads(receiver: string, most: number): OutboxEntry[] {
    const rows = this.#all(
      'SELECT id, group_key, notification FROM outbox WHERE id IN ' +
        '(SELECT min(id) FROM outbox WHERE receiver = ? GROUP BY group_key) ORDER BY id LIMIT ?',
      receiver,
      most,
    ) as { id: number; group_key: string; notification: string }[];
    return rows.map(({ id, group_key, notification }) => ({
      id,
      groupKey: group_key,
      notification: JSON.parse(notification) as Notification,
    }));
  }

  removeFromOutbox(id: number): void {
    this.#run('DELETE FROM outbox WHERE id = ?', id);
  }

  /** Entries for receivers that there are no more; gives their number. */
  removeOtherReceivers(receivers: readonly string[]): number {
    const sql = 'DELETE FROM outbox WHERE receiver NOT IN (SELECT value FROM json_each(?))';
    return this.#run(sql, JSON.stringify(receivers));
  }

  backlog(): number {
    return (this.#all('SELECT count(*) AS count FROM outbox') as { count: number }[])[0]?.count ?? 0;
  }

  /** The newest first, those since `sinceMs`. */
  transitions(limit: number, sinceMs: number): PastTransition[] {
    const rows = this.#all(
      'SELECT * FROM transition WHERE at >= ? ORDER BY id DESC LIMIT ?',
      sinceMs,
      limit,
    ) as Record<string, never>[];
    return rows.map((row) => ({
      id: row['id'] as unknown as number,
      atMs: row['at'] as unknown as number,
      from: row['from_state'] as unknown as string,
      to: row['to_state'] as unknown as string,
      labels: JSON.parse(row['labels'] as unknown as string) as Labels,
      annotations: JSON.parse(row['annotations'] as unknown as string) as Record<string, string>,
      value: row['value'] ?? NaN,
      activeAtMs: row['active_at'] as unknown as number,
    }));
  }

  /** Forgets transitions from before. */
  prune(beforeMs: number): void {
    const sql = 'DELETE FROM transition WHERE at < ? OR id <= (SELECT max(id) FROM transition) - ?';
    this.#run(sql, beforeMs, MAX_TRANSITIONS);
  }

  close(): void {
    this.#database.close();
  }

  #firing(name: string): Alert[] {
    const sql = "SELECT * FROM alert WHERE name = ? AND state = 'firing' ORDER BY labels";
    return (this.#all(sql, name) as AlertRow[]).map(toAlert);
  }

  #notifiedAtMs(groupKey: string): number | undefined {
    return (this.#all('SELECT at FROM notified WHERE group_key = ?', groupKey) as { at: number }[])[0]?.at;
  }

  #putAlert(alert: Alert): void {
    this.#run(
      'INSERT OR REPLACE INTO alert VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      alert.ruleKey,
      JSON.stringify(alert.labels),
      labelValue(alert.labels, 'alertname'),
      alert.state,
      alert.value,
      JSON.stringify(alert.annotations),
      alert.activeAtMs,
      alert.firedAtMs ?? null,
      alert.keepFiringSinceMs ?? null,
      alert.resolvedAtMs ?? null,
    );
  }

  #putTransition({ atMs, from, to, alert }: Transition): void {
    this.#run(
      'INSERT INTO transition (at, from_state, to_state, labels, value, annotations, active_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
      atMs,
      from,
      to,
      JSON.stringify(alert.labels),
      alert.value,
      JSON.stringify(alert.annotations),
      alert.activeAtMs,
    );
  }

  #enqueue(notification: Notification, receivers: readonly string[]): void {
    const { groupKey, createdAtMs } = notification;
    this.#run('INSERT OR REPLACE INTO notified VALUES (?, ?)', groupKey, createdAtMs);
    for (const receiver of receivers) {
      const sql = 'INSERT INTO outbox (receiver, group_key, notification) VALUES (?, ?, ?)';
      this.#run(sql, receiver, groupKey, JSON.stringify(notification));
    }
  }

  #all(sql: string, ...values: readonly (string | number)[]): unknown[] {
    return this.#database.prepare(sql).all(...values);
  }

  #run(sql: string, ...values: readonly (string | number | null)[]): number {
    return this.#database.prepare(sql).run(...values).changes;
  }
}

function toAlert(row: AlertRow): Alert {
  return {
    ruleKey: row.rule,
    labels: JSON.parse(row.labels) as Labels,
    annotations: JSON.parse(row.annotations) as Record<string, string>,
    state: row.state,
    value: row.value ?? NaN,
    activeAtMs: row.active_at,
    firedAtMs: row.fired_at ?? undefined,
    keepFiringSinceMs: row.keep_firing_since ?? undefined,
    resolvedAtMs: row.resolved_at ?? undefined,
  };
}

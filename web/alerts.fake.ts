import { sendData } from './prometheus.fake.ts';
import type { Part } from './prometheus.fake.ts';

export interface FakeAlerts {
  readonly part: Part;
  /** Paths that were asked for. */
  readonly asked: string[];
}

type Json = Readonly<Record<string, unknown>>;

export interface AlertData {
  readonly rules: readonly Json[];
  readonly transitions: readonly Json[];
}

/** Answers as Prometheus does for rules and alerts, and `api/alerts/history`. */
export function fakeAlerts({ rules, transitions }: AlertData): FakeAlerts {
  const asked: string[] = [];
  const part: Part = (path, params, response) => {
    if (path === 'api/v1/rules') {
      sendData(response, { groups: [{ name: 'host', file: 'host.yaml', interval: 15, rules }] });
    } else if (path === 'api/v1/alerts') {
      sendData(response, { alerts: rules.flatMap((rule) => rule['alerts'] as Json[]) });
    } else if (path === 'api/alerts/history') {
      const since = Number(params.get('since')) * 1000;
      const found = transitions.filter(({ at }) => Date.parse(at as string) >= since);
      sendData(response, { transitions: found.slice(0, Number(params.get('limit'))) });
    } else return false;
    asked.push(path);
    return true;
  };
  return { part, asked };
}

const CPU = { alertname: 'Excessive CPU load', instance: 'alpha', severity: 'warning' };
const DISK = { alertname: 'Disk nearly full', instance: 'alpha', mountpoint: '/', severity: 'critical' };

/** A host with one alert that fires, one that is pending, rules at rest and one that is broken. */
export function exampleAlerts(nowMs: number): AlertData {
  const at = (secondsAgo: number): string => new Date(nowMs - secondsAgo * 1000).toISOString();
  return {
    rules: exampleRules(at).map((more) => ({
      duration: 300,
      labels: { severity: 'warning' },
      annotations: {},
      alerts: [],
      state: 'inactive',
      health: 'ok',
      lastEvaluation: at(4),
      evaluationTime: 0.002,
      type: 'alerting',
      ...more,
    })),
    transitions: [
      { at: at(95), from: 'inactive', to: 'pending', labels: DISK, value: '9.1e-01' },
      { at: at(220), from: 'pending', to: 'firing', labels: CPU, value: '8.3e-01' },
      { at: at(520), from: 'inactive', to: 'pending', labels: CPU, value: '8.1e-01' },
      { at: at(700), from: 'firing', to: 'resolved', labels: CPU, value: '4.1e-01' },
      { at: at(50_000), from: 'inactive', to: 'pending', labels: CPU, value: '8e-01' },
    ],
  };
}

function exampleRules(at: (secondsAgo: number) => string): Json[] {
  const cpu = {
    summary: 'CPU of alpha is 83 % busy',
    description:
      'All cores of alpha together were more than 80 % busy for 5 minutes.\nLook at the busiest processes.',
    runbook_url: 'https://runbooks.example/cpu',
  };
  const disk = { summary: '/ of alpha is 91 % full' };
  return [
    {
      name: 'Excessive CPU load',
      query: '1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[2m])) > 0.25',
      state: 'firing',
      alerts: [{ labels: CPU, annotations: cpu, state: 'firing', activeAt: at(520), value: '2.8e-01' }],
    },
    {
      name: 'Disk nearly full',
      query: '1 - node_filesystem_avail_bytes / node_filesystem_size_bytes > 0.25',
      state: 'pending',
      alerts: [{ labels: DISK, annotations: disk, state: 'pending', activeAt: at(95), value: '2.8e-01' }],
    },
    {
      name: 'Memory nearly full',
      query: '100 * (1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes) > 95',
    },
    {
      name: 'Host swaps',
      query: 'rate(node_vmstat_pswpin[5m]) > 1000',
      health: 'err',
      lastError: 'query timed out in expression evaluation',
    },
    {
      name: 'No data from an agent',
      query: 'max by (instance) (max_over_time(up[6h])) unless on (instance) up == 1',
      duration: 0,
    },
  ];
}

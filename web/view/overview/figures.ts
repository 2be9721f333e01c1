import type { QueryResult } from '../../api/answer.ts';
import type { Unit } from '../../format/unit.ts';
import { REAL_DISKS, REAL_FILE_SYSTEMS } from '../../panel/host-filter.ts';

export type Level = 'good' | 'warning' | 'bad';

/** A figure of the host as data: what to ask, and from where on it needs somebody. */
export interface Figure {
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  /** PromQL with `$host`; of several series the largest value counts. */
  readonly expression: string;
  readonly warningAt?: number;
  readonly badAt?: number;
  /** The label that says which one it is, as the mount point of the fullest file system. */
  readonly of?: string;
  /** The clause of the sentence of health once a threshold is reached. */
  readonly trouble?: (value: string, of: string) => string;
}

/** A figure with its value; null when there is none. */
export interface Reading {
  readonly figure: Figure;
  readonly value: number | null;
  readonly of: string;
  readonly level: Level;
}

export const FULLEST_FILE_SYSTEM: Figure = {
  id: 'disk',
  title: 'Fullest disk',
  unit: 'ratio',
  expression: `max by (mountpoint) (1 - node_filesystem_avail_bytes{$host,${REAL_FILE_SYSTEMS}} / node_filesystem_size_bytes{$host,${REAL_FILE_SYSTEMS}})`,
  warningAt: 0.85,
  badAt: 0.95,
  of: 'mountpoint',
  trouble: (value, of) => `${of} is ${value} full`,
};

export const FIGURES: readonly Figure[] = [
  {
    id: 'cpu',
    title: 'CPU busy',
    unit: 'ratio',
    expression:
      'sum(rate(node_cpu_seconds_total{$host,mode!~"idle|iowait|steal"}[1m])) / count(node_cpu_seconds_total{$host,mode="idle"})',
    warningAt: 0.8,
    badAt: 0.95,
    trouble: (value) => `the CPU is ${value} busy`,
  },
  {
    id: 'steal',
    title: 'CPU steal',
    unit: 'ratio',
    expression: 'avg(rate(node_cpu_seconds_total{$host,mode="steal"}[5m]))',
    warningAt: 0.1,
    badAt: 0.3,
    trouble: (value) => `the hypervisor takes ${value} of the CPU`,
  },
  {
    id: 'load',
    title: 'Load per core',
    unit: 'number',
    expression: 'sum(node_load5{$host}) / count(node_cpu_seconds_total{$host,mode="idle"})',
    warningAt: 2,
    badAt: 4,
    trouble: (value) => `${value} tasks per core run or wait`,
  },
  {
    id: 'memory',
    title: 'Memory used',
    unit: 'ratio',
    expression: '1 - node_memory_MemAvailable_bytes{$host} / node_memory_MemTotal_bytes{$host}',
    warningAt: 0.9,
    badAt: 0.97,
    trouble: (value) => `${value} of the memory is used`,
  },
  FULLEST_FILE_SYSTEM,
  {
    id: 'io',
    title: 'Busiest disk',
    unit: 'ratio',
    expression: `max by (device) (rate(node_disk_io_time_seconds_total{$host,${REAL_DISKS}}[1m]))`,
    warningAt: 0.9,
    of: 'device',
    trouble: (value, of) => `disk ${of} is ${value} busy`,
  },
  {
    id: 'pressure',
    title: 'Memory stalls',
    unit: 'ratio',
    expression: 'rate(node_pressure_memory_waiting_seconds_total{$host}[1m])',
    warningAt: 0.1,
    badAt: 0.4,
    trouble: (value) => `tasks wait for memory ${value} of the time`,
  },
];

/** The reading of a figure from the answer to its expression. */
export function readFigure(figure: Figure, answer: QueryResult | undefined): Reading {
  let value: number | null = null;
  let of = '';
  for (const { labels, points } of answer?.series ?? []) {
    const found = points[0]?.[1];
    if (found === undefined || !Number.isFinite(found) || (value !== null && found <= value)) continue;
    value = found;
    of = figure.of ? (labels[figure.of] ?? '') : '';
  }
  return { figure, value, of, level: levelOf(figure, value) };
}

/** How a value stands to the thresholds of its figure. */
export function levelOf({ warningAt, badAt }: Figure, value: number | null): Level {
  if (value === null) return 'good';
  if (badAt !== undefined && value >= badAt) return 'bad';
  return warningAt !== undefined && value >= warningAt ? 'warning' : 'good';
}

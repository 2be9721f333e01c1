import type { LabelRecord } from '../../api/answer.ts';
import type { Ranking } from './rank.ts';

export const PROCESSES: Ranking = {
  id: 'processes',
  title: 'Top processes',
  noun: 'processes',
  identity: ['pid', 'comm', 'id'],
  name: (labels) => ({
    name: labels['comm'] ?? '?',
    detail: `${labels['pid'] ?? ''} ${shortCgroup(labels['id'] ?? '')}`,
  }),
  columns: [
    {
      id: 'cpu',
      title: 'CPU',
      unit: 'ratio',
      expression: 'rate(binnacle_process_cpu_seconds_total{$host}[$window])',
    },
    {
      id: 'memory',
      title: 'Memory',
      unit: 'bytes',
      expression: 'binnacle_process_resident_memory_bytes{$host}',
    },
    {
      id: 'read',
      title: 'Read',
      unit: 'bytes-per-second',
      expression: 'rate(binnacle_process_read_bytes_total{$host}[$window])',
    },
    {
      id: 'written',
      title: 'Written',
      unit: 'bytes-per-second',
      expression: 'rate(binnacle_process_written_bytes_total{$host}[$window])',
    },
    { id: 'sockets', title: 'Sockets', unit: 'number', expression: 'binnacle_process_open_sockets{$host}' },
  ],
};

export const CGROUPS: Ranking = {
  id: 'cgroups',
  title: 'Top cgroups and containers',
  noun: 'cgroups',
  identity: ['id'],
  name: cgroupName,
  columns: [
    {
      id: 'cpu',
      title: 'CPU',
      unit: 'ratio',
      expression: 'sum by (id, name) (rate(container_cpu_usage_seconds_total{$host,id!="/"}[$window]))',
    },
    {
      id: 'memory',
      title: 'Memory',
      unit: 'bytes',
      expression: 'sum by (id, name) (container_memory_working_set_bytes{$host,id!="/"})',
    },
  ],
};

function cgroupName(labels: LabelRecord): { name: string; detail: string } {
  const id = labels['id'] ?? '';
  const name = labels['name'];
  if (name) return { name, detail: shortCgroup(id) };
  return { name: shortCgroup(id) || '/', detail: id.split('/').slice(0, -1).join('/') };
}

/** The last part of a cgroup's path; ids of containers are cut to the twelve characters that tools show. */
function shortCgroup(id: string): string {
  const last = id.split('/').at(-1) ?? '';
  return last.replace(/[0-9a-f]{32,}/, (hash) => hash.slice(0, 12));
}

import { REAL_DISKS, REAL_INTERFACES } from './host-filter.ts';
import type { Panel } from './panel.ts';

/** The charts of one host, by the names of node_exporter; a query uses no more than selectors, arithmetic, rate and aggregations. */
export const HOST_PANELS: readonly Panel[] = [
  {
    id: 'cpu',
    title: 'CPU',
    help: 'Share of all cores by what they do; steal is what the hypervisor took away.',
    unit: 'ratio',
    stacked: true,
    max: 1,
    queries: [
      {
        expression: 'avg by (mode) (rate(node_cpu_seconds_total{$host,mode!="idle"}[$window]))',
        legend: '{{mode}}',
        by: {
          label: 'mode',
          hues: {
            user: 'blue',
            system: 'amber',
            iowait: 'violet',
            steal: 'rose',
            softirq: 'teal',
            irq: 'cyan',
            nice: 'green',
          },
        },
      },
    ],
  },
  {
    id: 'load',
    title: 'Load and cores',
    help: 'Tasks that run or wait, averaged over 1, 5 and 15 minutes; more than there are cores means waiting.',
    unit: 'number',
    queries: [
      { expression: 'node_load1{$host}', legend: '1 min', hue: 'blue' },
      { expression: 'node_load5{$host}', legend: '5 min', hue: 'teal' },
      { expression: 'node_load15{$host}', legend: '15 min', hue: 'slate' },
      {
        expression: 'count(node_cpu_seconds_total{$host,mode="idle"})',
        legend: 'cores',
        hue: 'rose',
        loose: true,
      },
    ],
  },
  {
    id: 'memory',
    title: 'Memory',
    help: 'Cache and buffers are given back when programs need them.',
    unit: 'bytes',
    stacked: true,
    queries: [
      {
        expression:
          'node_memory_MemTotal_bytes{$host} - node_memory_MemFree_bytes{$host} - node_memory_Buffers_bytes{$host} - node_memory_Cached_bytes{$host}',
        legend: 'used',
        hue: 'blue',
      },
      { expression: 'node_memory_Cached_bytes{$host}', legend: 'cache', hue: 'teal' },
      { expression: 'node_memory_Buffers_bytes{$host}', legend: 'buffers', hue: 'amber' },
      { expression: 'node_memory_MemFree_bytes{$host}', legend: 'free', hue: 'slate', faint: true },
      {
        expression: 'node_memory_SwapTotal_bytes{$host} - node_memory_SwapFree_bytes{$host}',
        legend: 'swap used',
        hue: 'rose',
        loose: true,
        hideZero: true,
      },
    ],
  },
  {
    id: 'disk-bytes',
    title: 'Disk traffic',
    help: 'Bytes read above, written below the line.',
    unit: 'bytes-per-second',
    queries: [
      {
        expression: `sum by (device) (rate(node_disk_read_bytes_total{$host,${REAL_DISKS}}[$window]))`,
        legend: '{{device}} read',
        by: { label: 'device' },
      },
      {
        expression: `sum by (device) (rate(node_disk_written_bytes_total{$host,${REAL_DISKS}}[$window]))`,
        legend: '{{device}} written',
        by: { label: 'device' },
        below: true,
      },
    ],
  },
  {
    id: 'disk-busy',
    title: 'Disk busy',
    help: 'Share of time in which a disk had something to do.',
    unit: 'ratio',
    max: 0.1,
    queries: [
      {
        expression: `sum by (device) (rate(node_disk_io_time_seconds_total{$host,${REAL_DISKS}}[$window]))`,
        legend: '{{device}}',
        by: { label: 'device' },
      },
    ],
  },
  {
    id: 'network',
    title: 'Network traffic',
    help: 'Bytes received above, sent below the line; virtual interfaces are left out.',
    unit: 'bytes-per-second',
    queries: [
      {
        expression: `sum by (device) (rate(node_network_receive_bytes_total{$host,${REAL_INTERFACES}}[$window]))`,
        legend: '{{device}} rx',
        by: { label: 'device' },
      },
      {
        expression: `sum by (device) (rate(node_network_transmit_bytes_total{$host,${REAL_INTERFACES}}[$window]))`,
        legend: '{{device}} tx',
        by: { label: 'device' },
        below: true,
      },
    ],
  },
  {
    id: 'pressure',
    title: 'Pressure',
    help: 'Share of time in which at least one task waited for CPU, memory or I/O (PSI).',
    unit: 'ratio',
    max: 0.1,
    queries: [
      {
        expression: 'rate(node_pressure_cpu_waiting_seconds_total{$host}[$window])',
        legend: 'CPU',
        hue: 'blue',
      },
      {
        expression: 'rate(node_pressure_memory_waiting_seconds_total{$host}[$window])',
        legend: 'memory',
        hue: 'amber',
      },
      {
        expression: 'rate(node_pressure_io_waiting_seconds_total{$host}[$window])',
        legend: 'I/O',
        hue: 'violet',
      },
    ],
  },
  {
    id: 'tcp',
    title: 'TCP connections',
    help: 'Connections by state.',
    unit: 'number',
    queries: [
      {
        expression:
          'sum by (state) (node_tcp_connection_states{$host,state!~"rx_queued_bytes|tx_queued_bytes"})',
        legend: '{{state}}',
        by: {
          label: 'state',
          hues: { established: 'blue', listen: 'teal', time_wait: 'amber', close_wait: 'rose' },
        },
        hideZero: true,
      },
    ],
  },
  {
    id: 'processes',
    title: 'Processes',
    help: 'Tasks that run or could run, and tasks that wait for I/O without being interruptible.',
    unit: 'number',
    queries: [
      { expression: 'node_procs_running{$host}', legend: 'running', hue: 'blue' },
      { expression: 'node_procs_blocked{$host}', legend: 'blocked', hue: 'rose' },
    ],
  },
];

import type { CgroupFile } from './cgroup-file.ts';
import { limitFile, numberFile } from './cgroup-file.ts';
import { AT } from './fields.ts';
import { Keys } from './keyed-file.ts';

const CPU_STAT = new Keys([
  ['nr_periods', AT.container_cpu_cfs_periods_total],
  ['nr_throttled', AT.container_cpu_cfs_throttled_periods_total],
  ['throttled_time', AT.container_cpu_cfs_throttled_seconds_total, 1e9],
]);

const MEMORY_STAT = new Keys([
  ['total_rss', AT.container_memory_rss],
  ['total_cache', AT.container_memory_cache],
  ['total_swap', AT.container_memory_swap],
  ['total_mapped_file', AT.container_memory_mapped_file],
  ['total_inactive_file', AT.inactive_file],
]);

const OOM_CONTROL = new Keys([['oom_kill', AT.container_oom_events_total]]);

/**
 * The files of a cgroup v1 by controller, see the kernel's admin-guide/cgroup-v1.
 * @param ticksPerSecond the unit of cpuacct.stat
 */
export function v1Files(ticksPerSecond: number): Readonly<Record<string, readonly CgroupFile[]>> {
  const cpuacctStat = new Keys([
    ['user', AT.container_cpu_user_seconds_total, ticksPerSecond],
    ['system', AT.container_cpu_system_seconds_total, ticksPerSecond],
  ]);
  return {
    cpuacct: [
      numberFile('cpuacct.usage', AT.container_cpu_usage_seconds_total, 1e9),
      { name: 'cpuacct.stat', read: (text, reading) => cpuacctStat.read(text, reading) },
    ],
    cpu: [
      { name: 'cpu.stat', read: (text, reading) => CPU_STAT.read(text, reading) },
      {
        name: 'cpu.cfs_quota_us',
        slow: true,
        read(text, reading) {
          const quota = text.nextLine() ? text.number() : Number.NaN;
          reading[AT.container_spec_cpu_quota] = quota > 0 ? quota : Number.NaN;
        },
      },
      { ...numberFile('cpu.cfs_period_us', AT.container_spec_cpu_period), slow: true },
      { ...numberFile('cpu.shares', AT.container_spec_cpu_shares), slow: true },
    ],
    memory: [
      numberFile('memory.usage_in_bytes', AT.container_memory_usage_bytes),
      { name: 'memory.stat', read: (text, reading) => MEMORY_STAT.read(text, reading) },
      { name: 'memory.oom_control', read: (text, reading) => OOM_CONTROL.read(text, reading) },
      numberFile('memory.max_usage_in_bytes', AT.container_memory_max_usage_bytes),
      numberFile('memory.failcnt', AT.container_memory_failcnt),
      limitFile('memory.limit_in_bytes', AT.container_spec_memory_limit_bytes),
      limitFile('memory.memsw.limit_in_bytes', AT.container_spec_memory_swap_limit_bytes),
      limitFile('memory.soft_limit_in_bytes', AT.container_spec_memory_reservation_limit_bytes),
    ],
    pids: [numberFile('pids.current', AT.container_threads), limitFile('pids.max', AT.container_threads_max)],
    blkio: [
      blkioFile('blkio.throttle.io_service_bytes_recursive', '_bytes_total'),
      blkioFile('blkio.throttle.io_serviced_recursive', '_total'),
    ],
  };
}

/** `254:0 Read 4096`, a line for each device and operation, a `Total` at the end. */
function blkioFile(name: string, suffix: string): CgroupFile {
  const reads = `container_fs_reads${suffix}`;
  const writes = `container_fs_writes${suffix}`;
  return {
    name,
    read(text, _reading, out, devices) {
      while (text.nextLine()) {
        const numbers = text.word();
        const operation = text.word();
        const series = operation === 'Read' ? reads : operation === 'Write' ? writes : '';
        if (series !== '') out.put(series, text.number(), devices.labels(numbers));
      }
    },
  };
}

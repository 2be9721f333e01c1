import { pressureSeconds } from '../pressure-line.ts';
import { EQUALS } from '../text.ts';
import type { CgroupFile } from './cgroup-file.ts';
import { limitFile, limitOf, numberFile } from './cgroup-file.ts';
import { AT } from './fields.ts';
import { Keys } from './keyed-file.ts';

const CPU_STAT = new Keys([
  ['usage_usec', AT.container_cpu_usage_seconds_total, 1e6],
  ['user_usec', AT.container_cpu_user_seconds_total, 1e6],
  ['system_usec', AT.container_cpu_system_seconds_total, 1e6],
  ['nr_periods', AT.container_cpu_cfs_periods_total],
  ['nr_throttled', AT.container_cpu_cfs_throttled_periods_total],
  ['throttled_usec', AT.container_cpu_cfs_throttled_seconds_total, 1e6],
]);

const MEMORY_STAT = new Keys([
  ['anon', AT.container_memory_rss],
  ['file', AT.container_memory_cache],
  ['file_mapped', AT.container_memory_mapped_file],
  ['inactive_file', AT.inactive_file],
]);

const MEMORY_EVENTS = new Keys([
  ['max', AT.container_memory_failcnt],
  ['oom_kill', AT.container_oom_events_total],
]);

const IO_SERIES: Readonly<Record<string, string>> = {
  rbytes: 'container_fs_reads_bytes_total',
  wbytes: 'container_fs_writes_bytes_total',
  rios: 'container_fs_reads_total',
  wios: 'container_fs_writes_total',
};

/** The files of a cgroup v2, see the kernel's admin-guide/cgroup-v2; which there are shows what is enabled. */
export const V2_FILES: readonly CgroupFile[] = [
  { name: 'cpu.stat', read: (text, reading) => CPU_STAT.read(text, reading) },
  numberFile('memory.current', AT.container_memory_usage_bytes),
  { name: 'memory.stat', read: (text, reading) => MEMORY_STAT.read(text, reading) },
  { name: 'memory.events', read: (text, reading) => MEMORY_EVENTS.read(text, reading) },
  numberFile('memory.swap.current', AT.container_memory_swap),
  numberFile('memory.peak', AT.container_memory_max_usage_bytes),
  numberFile('pids.current', AT.container_threads),
  {
    name: 'io.stat',
    read(text, _reading, out, devices) {
      while (text.nextLine()) {
        const labels = devices.labels(text.word());
        for (let key = text.before(EQUALS); key !== ''; key = text.before(EQUALS)) {
          const series = IO_SERIES[key];
          if (series === undefined) text.skipWords(1);
          else out.put(series, text.number(), labels);
        }
      }
    },
  },
  pressureFile(
    'cpu.pressure',
    AT.container_pressure_cpu_waiting_seconds_total,
    AT.container_pressure_cpu_stalled_seconds_total,
  ),
  pressureFile(
    'io.pressure',
    AT.container_pressure_io_waiting_seconds_total,
    AT.container_pressure_io_stalled_seconds_total,
  ),
  pressureFile(
    'memory.pressure',
    AT.container_pressure_memory_waiting_seconds_total,
    AT.container_pressure_memory_stalled_seconds_total,
  ),
  {
    name: 'cpu.max',
    slow: true,
    read(text, reading) {
      if (!text.nextLine()) return;
      const quota = limitOf(text);
      reading[AT.container_spec_cpu_quota] = quota > 0 ? quota : Number.NaN;
      reading[AT.container_spec_cpu_period] = text.number();
    },
  },
  {
    name: 'cpu.weight',
    slow: true,
    read(text, reading) {
      if (text.nextLine()) reading[AT.container_spec_cpu_shares] = sharesOfWeight(text.number());
    },
  },
  limitFile('memory.max', AT.container_spec_memory_limit_bytes),
  limitFile('memory.swap.max', AT.container_spec_memory_swap_limit_bytes),
  limitFile('memory.low', AT.container_spec_memory_reservation_limit_bytes),
  limitFile('pids.max', AT.container_threads_max),
];

/** v2's weight of 1 to 10000 as v1's shares of 2 to 262144: the inverse of what runtimes do (KEP-2254). */
function sharesOfWeight(weight: number): number {
  return 2 + Math.floor(((weight - 1) * 262142) / 9999);
}

function pressureFile(name: string, waiting: number, stalled: number): CgroupFile {
  return {
    name,
    read(text, reading) {
      while (text.nextLine()) {
        const kind = text.word();
        if (kind === 'some') reading[waiting] = pressureSeconds(text);
        else if (kind === 'full') reading[stalled] = pressureSeconds(text);
      }
    },
  };
}

/**
 * What is measured of a cgroup, whatever the version. A reading is a Float64Array with a number for each of
 * these, in base units, NaN where unknown. All but the first are series under cAdvisor's names.
 */
export const FIELDS = [
  'inactive_file',
  'container_cpu_usage_seconds_total',
  'container_cpu_user_seconds_total',
  'container_cpu_system_seconds_total',
  'container_cpu_cfs_periods_total',
  'container_cpu_cfs_throttled_periods_total',
  'container_cpu_cfs_throttled_seconds_total',
  'container_memory_usage_bytes',
  'container_memory_working_set_bytes',
  'container_memory_rss',
  'container_memory_cache',
  'container_memory_swap',
  'container_memory_mapped_file',
  'container_memory_max_usage_bytes',
  'container_memory_failcnt',
  'container_oom_events_total',
  'container_processes',
  'container_threads',
  'container_pressure_cpu_waiting_seconds_total',
  'container_pressure_cpu_stalled_seconds_total',
  'container_pressure_io_waiting_seconds_total',
  'container_pressure_io_stalled_seconds_total',
  'container_pressure_memory_waiting_seconds_total',
  'container_pressure_memory_stalled_seconds_total',
  'container_last_seen',
  // These hold between two looks: they are what an operator has set.
  'container_start_time_seconds',
  'container_spec_cpu_period',
  'container_spec_cpu_quota',
  'container_spec_cpu_shares',
  'container_spec_memory_limit_bytes',
  'container_spec_memory_swap_limit_bytes',
  'container_spec_memory_reservation_limit_bytes',
  'container_threads_max',
] as const;

export type Field = (typeof FIELDS)[number];

/** The place of each field in a reading. */
export const AT = Object.fromEntries(FIELDS.map((name, i) => [name, i])) as Readonly<Record<Field, number>>;

/** Fields before this place are forgotten at the beginning of each tick. */
export const LASTING_FROM = AT.container_start_time_seconds;

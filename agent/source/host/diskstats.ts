import type { Labels } from '../../../wire/labels.ts';
import type { Collector, Host } from './collector.ts';
import { procFile } from './collector.ts';

/** Partitions and devices without a disk behind them; node_exporter's default. */
export const EXCLUDED_DISKS = /^(?:z?ram|loop|fd|(?:h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$/;

const SECTOR_BYTES = 512;
const MS = 1e-3;

/** The columns after the device's name and what one of their units is, see the kernel's admin-guide/iostats. */
const COLUMNS: readonly (readonly [name: string, unit: number])[] = [
  ['node_disk_reads_completed_total', 1],
  ['node_disk_reads_merged_total', 1],
  ['node_disk_read_bytes_total', SECTOR_BYTES],
  ['node_disk_read_time_seconds_total', MS],
  ['node_disk_writes_completed_total', 1],
  ['node_disk_writes_merged_total', 1],
  ['node_disk_written_bytes_total', SECTOR_BYTES],
  ['node_disk_write_time_seconds_total', MS],
  ['node_disk_io_now', 1],
  ['node_disk_io_time_seconds_total', MS],
  ['node_disk_io_time_weighted_seconds_total', MS],
  ['node_disk_discards_completed_total', 1],
  ['node_disk_discards_merged_total', 1],
  ['node_disk_discarded_sectors_total', 1],
  ['node_disk_discard_time_seconds_total', MS],
  ['node_disk_flush_requests_total', 1],
  ['node_disk_flush_requests_time_seconds_total', MS],
];

/** Disk I/O by device: /proc/diskstats. Older kernels have fewer columns. */
export function diskstatsCollector(host: Host): Collector {
  const file = procFile(host, 'diskstats');
  return {
    name: 'diskstats',
    collect(out) {
      const text = file.read();
      while (text?.nextLine()) {
        text.skipWords(2);
        const device = text.word();
        if (device === '' || host.excludeDisks.test(device)) continue;
        const labels: Labels = ['device', device];
        for (const [name, unit] of COLUMNS) {
          const value = text.number();
          // A division keeps 28.677 s what it is; a product with 0.001 makes 28.677000000000003 of it.
          out.put(name, unit === MS ? value / 1000 : value * unit, labels);
        }
      }
    },
  };
}

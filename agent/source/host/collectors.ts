import { arpCollector } from './arp.ts';
import { bondingCollector } from './bonding.ts';
import type { Collector, Host } from './collector.ts';
import { conntrackCollector } from './conntrack.ts';
import { diskstatsCollector } from './diskstats.ts';
import { entropyCollector } from './entropy.ts';
import { filefdCollector } from './filefd.ts';
import { filesystemCollector } from './filesystem.ts';
import { loadavgCollector } from './loadavg.ts';
import { mdadmCollector } from './mdadm.ts';
import { meminfoCollector } from './meminfo.ts';
import { netclassCollector } from './netclass.ts';
import { netdevCollector } from './netdev.ts';
import { netstatCollector } from './netstat.ts';
import { pressureCollector } from './pressure.ts';
import { processesCollector } from './processes.ts';
import { sockstatCollector } from './sockstat.ts';
import { softnetCollector } from './softnet.ts';
import { statCollector } from './stat.ts';
import { tcpstatCollector } from './tcpstat.ts';
import { thermalThrottleCollector } from './thermal-throttle.ts';
import { timeCollector } from './time.ts';
import { unameCollector } from './uname.ts';
import { vmstatCollector } from './vmstat.ts';

/** All collectors of a host. The file systems come first, so that they answer while the others work. */
export const COLLECTORS: readonly ((host: Host) => Collector)[] = [
  filesystemCollector,
  arpCollector,
  bondingCollector,
  conntrackCollector,
  diskstatsCollector,
  entropyCollector,
  filefdCollector,
  loadavgCollector,
  mdadmCollector,
  meminfoCollector,
  netclassCollector,
  netdevCollector,
  netstatCollector,
  pressureCollector,
  processesCollector,
  sockstatCollector,
  softnetCollector,
  statCollector,
  tcpstatCollector,
  thermalThrottleCollector,
  timeCollector,
  unameCollector,
  vmstatCollector,
];

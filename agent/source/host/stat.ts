import type { Labels } from '../../../wire/labels.ts';
import type { Recorder } from '../recorder.ts';
import type { Text } from '../text.ts';
import type { Collector, Host } from './collector.ts';
import { procFile } from './collector.ts';

/** Columns of a `cpu` line in /proc/stat, see proc_stat(5). */
const MODES = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal'] as const;
const COLUMNS = MODES.length + 2;
const IDLE = 3;
/** An idle counter that falls by more has begun anew (the CPU was unplugged); by less it is rounding. */
const RESTART_SECONDS = 3;

const SINGLE: Readonly<Record<string, string>> = {
  intr: 'node_intr_total',
  ctxt: 'node_context_switches_total',
  processes: 'node_forks_total',
  btime: 'node_boot_time_seconds',
  procs_running: 'node_procs_running',
  procs_blocked: 'node_procs_blocked',
};

interface Cpu {
  readonly seconds: Float64Array;
  readonly modes: readonly Labels[];
  readonly guestUser: Labels;
  readonly guestNice: Labels;
}

/** CPU times, interrupts, context switches, forks, boot time, running and blocked processes: /proc/stat. */
export function statCollector(host: Host): Collector {
  const file = procFile(host, 'stat');
  const cpus = new Map<string, Cpu>();
  return {
    name: 'stat',
    collect(out) {
      const text = file.read();
      while (text?.nextLine()) {
        const key = text.word();
        const single = SINGLE[key];
        if (single !== undefined) out.put(single, text.number());
        else if (/^cpu\d+$/.test(key))
          putCpu(out, text, cpuOf(cpus, key.slice(3)), host.units.ticksPerSecond);
      }
    },
  };
}

function cpuOf(cpus: Map<string, Cpu>, name: string): Cpu {
  let cpu = cpus.get(name);
  if (cpu === undefined) {
    cpu = {
      seconds: new Float64Array(COLUMNS),
      modes: MODES.map((mode) => ['cpu', name, 'mode', mode]),
      guestUser: ['cpu', name, 'mode', 'user'],
      guestNice: ['cpu', name, 'mode', 'nice'],
    };
    cpus.set(name, cpu);
  }
  return cpu;
}

/**
 * The kernel's idle and iowait times now and then fall by a tick; a counter must not, so the highest value
 * seen holds until the CPU begins anew.
 */
function putCpu(out: Recorder, text: Text, cpu: Cpu, ticksPerSecond: number): void {
  const { seconds } = cpu;
  let restarted = false;
  const now = new Float64Array(COLUMNS).fill(Number.NaN);
  for (let column = 0; column < COLUMNS; column++) {
    now[column] = text.number() / ticksPerSecond;
    if (column === IDLE) restarted = (seconds[IDLE] as number) - (now[IDLE] as number) >= RESTART_SECONDS;
  }
  for (let column = 0; column < COLUMNS; column++) {
    const value = now[column] as number;
    if (value === value && (restarted || value > (seconds[column] as number))) seconds[column] = value;
    const held = value === value ? (seconds[column] as number) : value;
    if (column < MODES.length) out.put('node_cpu_seconds_total', held, cpu.modes[column]);
    else
      out.put('node_cpu_guest_seconds_total', held, column === MODES.length ? cpu.guestUser : cpu.guestNice);
  }
}

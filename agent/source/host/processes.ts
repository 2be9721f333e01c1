import type { Labels } from '../../../wire/labels.ts';
import type { Collector, Host } from './collector.ts';
import { numberIn, procFile } from './collector.ts';

/** States that always have a series, see proc_pid_stat(5); others only while a process is in them. */
const STATES = ['R', 'S', 'D', 'T', 'Z', 'I'];
const SLASH = 47;

/** Counts of processes and threads. States are those of each process's last look (see `ProcessTable`). */
export function processesCollector(host: Host): Collector {
  const loadavg = procFile(host, 'loadavg');
  const maxPid = procFile(host, 'sys/kernel/pid_max');
  const maxThreads = procFile(host, 'sys/kernel/threads-max');
  const labels = new Map<string, Labels>(STATES.map((state) => [state, ['state', state]]));
  return {
    name: 'processes',
    collect(out, atMs) {
      host.processes.refresh(atMs);
      out.put('node_processes_pids', host.processes.size);
      out.put('node_processes_max_processes', numberIn(maxPid));
      out.put('node_processes_max_threads', numberIn(maxThreads));
      const text = loadavg.read();
      if (text?.nextLine()) {
        // `0.53 0.19 0.11 6/108 6329`: what runs of how many threads.
        text.skipWords(3);
        text.before(SLASH);
        out.put('node_processes_threads', text.number());
      }
      const counts = new Map<string, number>(STATES.map((state) => [state, 0]));
      for (const { state } of host.processes.all()) counts.set(state, (counts.get(state) ?? 0) + 1);
      for (const [state, count] of counts) {
        out.put('node_processes_state', count, labels.get(state) ?? ['state', state]);
      }
    },
  };
}

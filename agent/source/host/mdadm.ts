import type { Recorder } from '../recorder.ts';
import type { Text } from '../text.ts';
import type { Collector, Host } from './collector.ts';
import { procFile } from './collector.ts';

const STATES = ['active', 'inactive', 'recovering', 'resync', 'check'];

interface RaidArray {
  readonly device: string;
  state: string;
  required: number;
  active: number;
  readonly failed: number;
  readonly spare: number;
}

/** Software RAID: /proc/mdstat. */
export function mdadmCollector(host: Host): Collector {
  const file = procFile(host, 'mdstat');
  return {
    name: 'mdadm',
    collect(out) {
      const text = file.read();
      if (text !== undefined) for (const array of parseMdstat(text)) putArray(out, array);
    },
  };
}

/**
 *     md0 : active raid1 sdb1[1] sda1[0](F)
 *           248896 blocks [2/1] [_U]
 *           [=>...]  recovery = 16.9% ...
 */
function parseMdstat(text: Text): RaidArray[] {
  const arrays: RaidArray[] = [];
  while (text.nextLine()) {
    const line = text.rest();
    const head = /^(md\S*) : (active|inactive)\b(.*)$/.exec(line);
    const array = arrays.at(-1);
    if (head !== null) {
      const members = head[3] as string;
      const failed = count(members, /\(F\)/g);
      const spare = count(members, /\(S\)/g);
      // RAID 0 and linear arrays don't say how many they need: they need all.
      const active = count(members, /\[\d+\]/g) - failed - spare;
      arrays.push({
        device: head[1] as string,
        state: head[2] as string,
        required: active + failed,
        active: head[2] === 'active' ? active : 0,
        failed,
        spare,
      });
    } else if (array !== undefined) {
      const disks = /\[(\d{1,9})\/(\d{1,9})\]/.exec(line);
      if (disks !== null) {
        array.required = Number(disks[1]);
        array.active = Number(disks[2]);
      }
      const sync = /\b(recovery|resync|reshape|check)\s*=/.exec(line)?.[1];
      if (sync !== undefined) array.state = sync === 'recovery' || sync === 'reshape' ? 'recovering' : sync;
    }
  }
  return arrays;
}

function putArray(out: Recorder, array: RaidArray): void {
  const { device } = array;
  for (const state of STATES) {
    out.put('node_md_state', state === array.state ? 1 : 0, ['device', device, 'state', state]);
  }
  out.put('node_md_disks_required', array.required, ['device', device]);
  for (const state of ['active', 'failed', 'spare'] as const) {
    out.put('node_md_disks', array[state], ['device', device, 'state', state]);
  }
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

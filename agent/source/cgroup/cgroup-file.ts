import type { Recorder } from '../recorder.ts';
import type { Text } from '../text.ts';
import type { BlockDevices } from './block-devices.ts';

/** One kind of file in a cgroup's folder: what it is called, how often it is read, what is taken from it. */
export interface CgroupFile {
  readonly name: string;
  /** It holds settings, so it is looked at now and then, and no descriptor is kept. */
  readonly slow?: true;
  /**
   * @param reading gets the numbers, see `FIELDS`
   * @param out gets series of a device
   */
  read(text: Text, reading: Float64Array, out: Recorder, devices: BlockDevices): void;
}

/** A file with one number for one field. */
export function numberFile(name: string, place: number, divisor = 1): CgroupFile {
  return {
    name,
    read(text, reading) {
      if (text.nextLine()) reading[place] = text.number() / divisor;
    },
  };
}

/** v1 writes "no limit" as the greatest multiple of a page that fits 63 bits. */
const NO_LIMIT_FROM = 2 ** 60;

/** A file with a limit, where `max` or an absurd height mean none: 0, as cAdvisor tells it. */
export function limitFile(name: string, place: number): CgroupFile {
  return {
    name,
    slow: true,
    read(text, reading) {
      if (text.nextLine()) reading[place] = limitOf(text);
    },
  };
}

/** The next word as a limit; NaN when it is none. */
export function limitOf(text: Text): number {
  const limit = text.number();
  if (limit >= NO_LIMIT_FROM) return 0;
  return Number.isNaN(limit) && text.word() === 'max' ? 0 : limit;
}

/** `cgroup.procs` has a line a process. */
export function countLines(text: Text): number {
  let lines = 0;
  for (let at = text.bytes.indexOf(10); at >= 0 && at < text.end; at = text.bytes.indexOf(10, at + 1))
    lines++;
  return lines;
}

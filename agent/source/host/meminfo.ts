import { COLON } from '../text.ts';
import type { Collector, Host } from './collector.ts';
import { procFile } from './collector.ts';

const LOWER_K = 107;

/** All of /proc/meminfo: `Active(anon): 12 kB` is `node_memory_Active_anon_bytes 12288`. */
export function meminfoCollector(host: Host): Collector {
  const file = procFile(host, 'meminfo');
  const names = new Map<string, string>();
  return {
    name: 'meminfo',
    collect(out) {
      const text = file.read();
      while (text?.nextLine()) {
        const key = text.before(COLON);
        const value = text.number();
        text.skipBlanks();
        const inKilobytes = text.peek() === LOWER_K;
        const known = inKilobytes ? key : `${key} `;
        let name = names.get(known);
        if (name === undefined) {
          if (!/^[A-Za-z][\w()]*$/.test(key)) continue;
          name = `node_memory_${key.replace(/\((.*)\)/, '_$1').replace(/[()]/g, '')}${inKilobytes ? '_bytes' : ''}`;
          names.set(known, name);
        }
        out.put(name, inKilobytes ? value * 1024 : value);
      }
    },
  };
}

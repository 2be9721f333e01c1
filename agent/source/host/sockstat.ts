import { COLON } from '../text.ts';
import type { Collector, Host } from './collector.ts';
import { procFile } from './collector.ts';

/** Sockets in use by protocol: /proc/net/sockstat and sockstat6; `mem` counts pages. */
export function sockstatCollector(host: Host): Collector {
  const files = [procFile(host, 'net/sockstat'), procFile(host, 'net/sockstat6')];
  return {
    name: 'sockstat',
    collect(out) {
      for (const file of files) {
        const text = file.read();
        while (text?.nextLine()) {
          const protocol = text.before(COLON);
          for (let field = text.word(); field !== ''; field = text.word()) {
            const value = text.number();
            if (!/^[a-z]+$/.test(field) || !/^\w+$/.test(protocol)) continue;
            const name = `node_sockstat_${protocol}_${field}`;
            out.put(name, value);
            if (field === 'mem') out.put(`${name}_bytes`, value * host.units.pageBytes);
          }
        }
      }
    },
  };
}

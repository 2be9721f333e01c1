import type { Labels } from '../../../wire/labels.ts';
import { COLON } from '../text.ts';
import type { Collector, Host } from './collector.ts';
import { procFile } from './collector.ts';

/** The host's ends of the pods' network devices, which come and go with the pods. */
export const EXCLUDED_NETWORK_DEVICES = /^(?:veth\w*|[a-f0-9]{15}|cali[a-f0-9]+|lxc[a-f0-9]{6,})$/;

/** Columns of /proc/net/dev. */
const COLUMNS = [
  ...['bytes', 'packets', 'errs', 'drop', 'fifo', 'frame', 'compressed', 'multicast'].map(
    (field) => `node_network_receive_${field}_total`,
  ),
  ...['bytes', 'packets', 'errs', 'drop', 'fifo', 'colls', 'carrier', 'compressed'].map(
    (field) => `node_network_transmit_${field}_total`,
  ),
];

/** Traffic by network device: /proc/net/dev. */
export function netdevCollector(host: Host): Collector {
  const file = procFile(host, 'net/dev');
  return {
    name: 'netdev',
    collect(out) {
      const text = file.read();
      while (text?.nextLine()) {
        const device = text.before(COLON);
        if (device === '' || host.excludeNetworkDevices.test(device)) continue;
        const labels: Labels = ['device', device];
        for (const name of COLUMNS) out.put(name, text.number(), labels);
      }
    },
  };
}

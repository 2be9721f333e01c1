import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import type { Labels } from '../../../wire/labels.ts';
import type { KernelFile, KernelFiles } from '../kernel-file.ts';
import type { Recorder } from '../recorder.ts';
import { slowly } from '../slowly.ts';
import type { Collector, Host } from './collector.ts';
import { numberIn } from './collector.ts';

/** What changes when a cable is pulled: read every tick. */
const LINK: readonly (readonly [file: string, name: string])[] = [
  ['carrier', 'node_network_carrier'],
  ['carrier_changes', 'node_network_carrier_changes_total'],
  ['carrier_up_count', 'node_network_carrier_up_changes_total'],
  ['carrier_down_count', 'node_network_carrier_down_changes_total'],
];

/** What an operator sets: read now and then. */
const SETTINGS: readonly (readonly [file: string, name: string])[] = [
  ['addr_assign_type', 'node_network_address_assign_type'],
  ['dev_id', 'node_network_device_id'],
  ['dormant', 'node_network_dormant'],
  ['flags', 'node_network_flags'],
  ['ifindex', 'node_network_iface_id'],
  ['iflink', 'node_network_iface_link'],
  ['link_mode', 'node_network_iface_link_mode'],
  ['mtu', 'node_network_mtu_bytes'],
  ['name_assign_type', 'node_network_name_assign_type'],
  ['netdev_group', 'node_network_net_dev_group'],
  ['type', 'node_network_protocol_type'],
  ['tx_queue_len', 'node_network_transmit_queue_length'],
];

const BYTES_A_SECOND_OF_MBIT = 1e6 / 8;

interface Device {
  readonly labels: Labels;
  readonly folder: string;
  readonly operstate: KernelFile;
  readonly link: readonly KernelFile[];
  readonly settings: Float64Array;
  speedBytes: number;
  /** Labels of the info metric without the state of operation. */
  info: Labels;
}

/** State and settings of network devices: /sys/class/net. */
export function netclassCollector(host: Host): Collector {
  const root = join(host.sysRoot, 'class/net');
  const devices = new Map<string, Device>();
  const isSlowTick = slowly();
  return {
    name: 'netclass',
    collect(out) {
      const names = readdirSync(root).filter((name) => !host.excludeNetworkDevices.test(name));
      for (const [name, device] of devices) {
        if (names.includes(name)) continue;
        closeDevice(device);
        devices.delete(name);
      }
      const readSettings = isSlowTick();
      for (const name of names) {
        let device = devices.get(name);
        const isNew = device === undefined;
        device ??= openDevice(host.files, root, name);
        devices.set(name, device);
        if (isNew || readSettings) settingsOf(host.files, device);
        putDevice(out, device);
      }
    },
  };
}

function openDevice(files: KernelFiles, root: string, name: string): Device {
  const folder = join(root, name);
  return {
    labels: ['device', name],
    folder,
    operstate: files.file(join(folder, 'operstate')),
    link: LINK.map(([file]) => files.file(join(folder, file))),
    settings: new Float64Array(SETTINGS.length),
    speedBytes: Number.NaN,
    info: [],
  };
}

function closeDevice(device: Device): void {
  device.operstate.close();
  for (const file of device.link) file.close();
}

function settingsOf(files: KernelFiles, device: Device): void {
  const { folder } = device;
  SETTINGS.forEach(([file], i) => {
    const text = files.readOnce(join(folder, file));
    const isHex = file === 'flags' || file === 'dev_id';
    device.settings[i] = text?.nextLine() ? (isHex ? text.hex() : text.number()) : Number.NaN;
  });
  const speed = files.readOnce(join(folder, 'speed'));
  const megabits = speed?.nextLine() ? speed.number() : Number.NaN;
  // -1 says that the device doesn't know.
  device.speedBytes = megabits >= 0 ? megabits * BYTES_A_SECOND_OF_MBIT : Number.NaN;
  const info = [...device.labels];
  for (const file of ['address', 'broadcast', 'duplex', 'ifalias']) {
    info.push(file, files.lineOf(join(folder, file)));
  }
  device.info = info;
}

function putDevice(out: Recorder, device: Device): void {
  const text = device.operstate.read();
  // Not a device: `bonding_masters` lies among them.
  if (!text?.nextLine()) return;
  const operstate = text.word();
  out.put('node_network_up', operstate === 'up' ? 1 : 0, device.labels);
  out.put('node_network_info', 1, [...device.info, 'operstate', operstate]);
  LINK.forEach(([, name], i) => out.put(name, numberIn(device.link[i] as KernelFile), device.labels));
  SETTINGS.forEach(([, name], i) => out.put(name, device.settings[i] as number, device.labels));
  out.put('node_network_speed_bytes', device.speedBytes, device.labels);
}

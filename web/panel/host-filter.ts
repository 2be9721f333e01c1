/** Matchers that leave out what would count the same bytes twice, or is no hardware at all. */

/** Interfaces of containers, bridges and tunnels. */
export const REAL_INTERFACES =
  'device!~"lo|veth.*|cali.*|lxc.*|cni.*|docker.*|br-.*|virbr.*|flannel.*|tap.*|tun.*|wg.*|ifb.*|dummy.*|sit.*|gre.*"';

/** Without those that lie on another device (mapper, RAID) or are none (loop, RAM). */
export const REAL_DISKS = 'device!~"dm-.*|md.*|loop.*|ram.*|zram.*|sr.*|fd.*"';

/** Without memory, images and the layers of containers. */
export const REAL_FILE_SYSTEMS = 'fstype!~"tmpfs|ramfs|devtmpfs|squashfs|overlay|iso9660|nsfs|fuse.*|autofs"';

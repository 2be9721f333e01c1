import type { Text } from '../text.ts';

/** One line of /proc/<pid>/mounts. */
export interface Mount {
  readonly device: string;
  readonly mountpoint: string;
  readonly fstype: string;
  readonly readonly: boolean;
}

/** File systems whose server may be away, so that asking for their size can hang. */
export const NETWORK_FILESYSTEMS =
  /^(?:nfs\d?|cifs|smb\w*|ncpfs|afs|coda|9p|ceph|lustre|gpfs|beegfs|ocfs2|gfs2?|pvfs2|davfs|fuse\.(?:sshfs|s3fs|rclone|gcsfuse|glusterfs|ceph\w*|davfs\w*|mount\.davfs|juicefs|mfs|lustre))$/;

/** Mounts in their order; what is no mount is left out. Blanks in names come as `\040`, see getmntent(3). */
export function parseMounts(text: Text): Mount[] {
  const mounts: Mount[] = [];
  while (text.nextLine()) {
    const words = text.rest().split(' ');
    const [device, mountpoint, fstype, options] = words;
    if (device === undefined || !mountpoint?.startsWith('/') || !fstype || options === undefined) continue;
    mounts.push({
      device: unescaped(device),
      mountpoint: unescaped(mountpoint),
      fstype,
      readonly: options.split(',').includes('ro'),
    });
  }
  return mounts;
}

function unescaped(text: string): string {
  return text.includes('\\')
    ? text.replace(/\\([0-3][0-7]{2})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
    : text;
}

import { join } from 'node:path';

import type { Clock } from '../../../lib/clock.ts';
import { reasonOf } from '../../../lib/fault.ts';
import type { Labels } from '../../../wire/labels.ts';
import type { Recorder } from '../recorder.ts';
import type { Collector, Host, NameTest } from './collector.ts';
import { procFile } from './collector.ts';
import type { Mount } from './mounts.ts';
import { NETWORK_FILESYSTEMS, parseMounts } from './mounts.ts';

/** node_exporter's default, and the volumes of pods, which the kubelet tells better. */
export const EXCLUDED_MOUNTS =
  /^\/(?:dev|proc|run\/credentials\/.+|run\/k3s\/containerd\/.+|run\/containerd\/.+|sys|var\/lib\/docker\/.+|var\/lib\/containers\/storage\/.+|var\/lib\/kubelet\/pods\/.+)(?:$|\/)/;

/** node_exporter's default: kernel file systems, and those without a size of their own. */
export const EXCLUDED_FILESYSTEMS =
  /^(?:autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|efivarfs|erofs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|sysfs|tracefs)$/;

/** The answer of statfs(2), as node:fs gives it. */
export interface StatFs {
  readonly bsize: number;
  readonly blocks: number;
  readonly bfree: number;
  readonly bavail: number;
  readonly files: number;
  readonly ffree: number;
}

export interface FilesystemLimits {
  readonly excludeMounts: NameTest;
  readonly excludeTypes: NameTest;
  /** Also ask file systems of the network. */
  readonly network: boolean;
  /** How long a tick waits for answers. */
  readonly timeoutMs: number;
  /** Questions under way at once; each hanging one holds a thread of libuv until it returns. */
  readonly maxInFlight: number;
  readonly maxMounts: number;
  readonly statfs: (path: string) => Promise<StatFs>;
}

/** Size and free space by mount. A file system that doesn't answer has `node_filesystem_device_error` 1. */
export function filesystemCollector(host: Host): Collector {
  const { excludeMounts, excludeTypes, network, maxMounts } = host.filesystems;
  // The mounts of the host, where this process may see them, and not those of its own container.
  const files = [procFile(host, '1/mounts'), procFile(host, 'self/mounts')];
  const questions = new Questions(host);
  let told = false;
  return {
    name: 'filesystem',
    async collect(out) {
      const text = files[0]?.read() ?? files[1]?.read();
      if (text === undefined) return;
      const mounts = parseMounts(text).filter(
        ({ mountpoint, fstype }) =>
          !excludeMounts.test(mountpoint) &&
          !excludeTypes.test(fstype) &&
          (network || !NETWORK_FILESYSTEMS.test(fstype)),
      );
      if (mounts.length > maxMounts && !told) {
        host.log.warn('too many mounts, the last are left out', { mounts: mounts.length, max: maxMounts });
        told = true;
      }
      mounts.length = Math.min(mounts.length, maxMounts);
      const answers = await questions.ask([...new Set(mounts.map((mount) => mount.mountpoint))]);
      for (const mount of mounts) putMount(out, mount, answers.get(mount.mountpoint));
    },
  };
}

function putMount(out: Recorder, mount: Mount, answer: StatFs | undefined): void {
  const { device, mountpoint, fstype } = mount;
  const labels: Labels = ['device', device, 'fstype', fstype, 'mountpoint', mountpoint];
  out.put('node_filesystem_device_error', answer === undefined ? 1 : 0, labels);
  if (answer === undefined) return;
  out.put('node_filesystem_readonly', mount.readonly ? 1 : 0, labels);
  out.put('node_filesystem_size_bytes', answer.blocks * answer.bsize, labels);
  out.put('node_filesystem_free_bytes', answer.bfree * answer.bsize, labels);
  out.put('node_filesystem_avail_bytes', answer.bavail * answer.bsize, labels);
  out.put('node_filesystem_files', answer.files, labels);
  out.put('node_filesystem_files_free', answer.ffree, labels);
}

/**
 * statfs of a dead server never returns and cannot be taken back. So a mount has one question at most: one
 * that hangs is not asked again until it answers, and no more than `maxInFlight` hang at any time.
 */
class Questions {
  readonly #host: Host;
  readonly #clock: Clock;
  readonly #limits: FilesystemLimits;
  readonly #asked = new Set<string>();
  /** Mounts that have been told to the operator, by what they suffer from. */
  readonly #told = new Map<string, string>();

  constructor(host: Host) {
    this.#host = host;
    this.#clock = host.clock;
    this.#limits = host.filesystems;
  }

  /** The answers that come in time, by mount point. */
  async ask(mountpoints: readonly string[]): Promise<ReadonlyMap<string, StatFs>> {
    const answers = new Map<string, StatFs>();
    const queue = mountpoints.filter((mountpoint) => !this.#asked.has(mountpoint));
    const askers = Math.min(queue.length, this.#limits.maxInFlight - this.#asked.size);
    const all = Promise.all(Array.from({ length: Math.max(askers, 0) }, () => this.#work(queue, answers)));
    const waiting = new AbortController();
    await Promise.race([all, this.#clock.sleep(this.#limits.timeoutMs, waiting.signal)]);
    // A reason of our own: the default one is an error with a stack, each tick.
    waiting.abort('answered');
    // An asker that comes back after the time goes no further.
    queue.length = 0;
    for (const mountpoint of this.#asked) this.#tell(mountpoint, 'no answer in time');
    return answers;
  }

  async #work(queue: string[], answers: Map<string, StatFs>): Promise<void> {
    for (let mountpoint = queue.shift(); mountpoint !== undefined; mountpoint = queue.shift()) {
      this.#asked.add(mountpoint);
      try {
        answers.set(mountpoint, await this.#limits.statfs(join(this.#host.rootfs, mountpoint)));
        this.#told.delete(mountpoint);
      } catch (thrown) {
        this.#tell(mountpoint, reasonOf(thrown));
      }
      this.#asked.delete(mountpoint);
    }
  }

  #tell(mountpoint: string, reason: string): void {
    if (this.#told.get(mountpoint) === reason || this.#told.size > this.#limits.maxMounts) return;
    this.#told.set(mountpoint, reason);
    this.#host.log.warn('file system does not tell its size', { mountpoint, reason });
  }
}

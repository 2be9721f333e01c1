import type { Labels } from '../../../wire/labels.ts';
import type { KernelFiles } from '../kernel-file.ts';

/** Names of block devices by their numbers: `254:0` is `/dev/vda`. */
export class BlockDevices {
  readonly #files: KernelFiles;
  readonly #procRoot: string;
  readonly #labels = new Map<string, Labels>();

  constructor(files: KernelFiles, procRoot: string) {
    this.#files = files;
    this.#procRoot = procRoot;
  }

  /** Looks at the devices again, as numbers are given anew when disks come and go. */
  refresh(): void {
    this.#labels.clear();
    const text = this.#files.readOnce(`${this.#procRoot}/diskstats`);
    while (text?.nextLine()) {
      const numbers = `${text.word()}:${text.word()}`;
      const name = text.word();
      if (name !== '') this.#labels.set(numbers, ['device', `/dev/${name}`]);
    }
  }

  /** The label of a device; its numbers stand in for a name that isn't known. */
  labels(numbers: string): Labels {
    let labels = this.#labels.get(numbers);
    if (labels === undefined) {
      labels = ['device', numbers];
      this.#labels.set(numbers, labels);
    }
    return labels;
  }
}

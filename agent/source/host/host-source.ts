import { reasonOf } from '../../../lib/fault.ts';
import type { Labels } from '../../../wire/labels.ts';
import { Recorder } from '../recorder.ts';
import type { Frame, Source } from '../source.ts';
import type { Collector, Host } from './collector.ts';
import { COLLECTORS } from './collectors.ts';

interface Part {
  readonly collector: Collector;
  readonly out: Recorder;
  told: boolean;
}

/** The host's own metrics, as node_exporter names them: one frame a collector. */
export class HostSource implements Source {
  readonly name = 'host';
  readonly #host: Host;
  readonly #parts: readonly Part[];

  /** @param constant labels of all series */
  constructor(host: Host, constant: Labels) {
    this.#host = host;
    this.#parts = COLLECTORS.map((create) => ({
      collector: create(host),
      out: new Recorder(constant),
      told: false,
    }));
  }

  async collect(atMs: number): Promise<readonly Frame[]> {
    const frames = await Promise.all(this.#parts.map((part) => this.#frameOf(part, atMs)));
    return frames.filter((frame) => frame !== undefined);
  }

  close(): void {
    this.#host.files.close();
  }

  async #frameOf(part: Part, atMs: number): Promise<Frame | undefined> {
    try {
      const later = part.collector.collect(part.out, atMs);
      if (later !== undefined) await later;
      return part.out.take();
    } catch (thrown) {
      part.out.drop();
      if (!part.told) {
        const { name } = part.collector;
        this.#host.log.warn('collector failed, its series are left out', { name, reason: reasonOf(thrown) });
      }
      part.told = true;
      return undefined;
    }
  }
}

/** A store under measurement: a real process, and what it takes to feed it, settle it and look at it. */
import { launchProgram, type Program } from '../../test/tools/program.ts';
import { waitUntil } from '../../test/tools/wait-until.ts';
import { type Usage, usageOf } from '../usage.ts';

/** Bytes on disk, once all is settled. */
export interface Disk {
  readonly samples: number;
  readonly index: number;
  /** What is kept in case of a crash (WAL, journal), and counts for nothing else. */
  readonly log: number;
}

export interface SystemKind {
  readonly name: string;
  readonly url: string;
  readonly command: string;
  readonly env?: Readonly<Record<string, string>>;
  args(settling: boolean): readonly string[];
  /** Is a restart with `args(true)` needed to settle? */
  readonly restartsToSettle: boolean;
  /** Merges, folds, flushes: resolves when the disk holds what it will hold. */
  settle(url: string): Promise<void>;
  disk(): Disk;
}

export interface Answer {
  readonly ok: boolean;
  readonly status: number;
  readonly text: string;
}

const READY_MS = 120_000;
const QUIET_MS = 3_000;
const QUIET_LIMIT_MS = 60_000;
/** Of one core; what Go's and Node's timers need. */
const QUIET_SHARE = 0.05;
const LOOK_EVERY_MS = 250;
const END_LOOK_EVERY_MS = 20;
const RETRY_MS = 200;
const ATTEMPTS = 600;

export class System {
  readonly kind: SystemKind;
  /** CPU of the processes before this one. */
  #cpuBefore = 0;
  #program: Program | undefined;
  /** What the last restart took until it answered. */
  #restartCpuSeconds = 0;
  /** What its end before that took: folding what was open. */
  #endCpuSeconds = 0;
  #timer: NodeJS.Timeout | undefined;
  peak: Usage = { cpuSeconds: 0, anonymousBytes: 0, residentBytes: 0 };
  /** Requests that were told to come again. */
  retries = 0;

  constructor(kind: SystemKind) {
    this.kind = kind;
  }

  async start(settling = false): Promise<void> {
    const { command, url, env = {} } = this.kind;
    const readyUrl = `${url}/api/v1/query?query=vector(1)`;
    this.#program = await launchProgram({
      command,
      args: this.kind.args(settling),
      env,
      readyUrl,
      timeoutMs: READY_MS,
    });
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    if (this.#program === undefined) return;
    let { cpuSeconds } = this.#usage();
    const ended = this.#program.end(READY_MS).then(() => true);
    const pause = (): Promise<boolean> =>
      new Promise((resolve) => setTimeout(() => resolve(false), END_LOOK_EVERY_MS));
    // It may work until its last moment: what is open is folded then.
    while (!(await Promise.race([ended, pause()]))) cpuSeconds = Math.max(cpuSeconds, this.#lastUsage());
    this.#program = undefined;
    this.#cpuBefore += cpuSeconds;
  }

  /** Of all its processes so far. */
  get cpuSeconds(): number {
    return this.#cpuBefore + this.#usage().cpuSeconds;
  }

  now(): Usage {
    return this.#usage();
  }

  /** Posts a body, again and again while the system asks for that; returns the answer, whatever its status. */
  async post(path: string, body: Uint8Array<ArrayBuffer>, headers: Record<string, string>): Promise<Answer> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const answer = await fetch(this.kind.url + path, { method: 'POST', body, headers });
      const text = await answer.text();
      if (answer.status !== 503 && answer.status !== 429)
        return { ok: answer.ok, status: answer.status, text };
      this.retries++;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    throw new Error(`${this.kind.name} asks to come again for ever`);
  }

  /** Waits until the process has hardly worked for some seconds: merges and folds of the load are over. */
  async quiet(): Promise<void> {
    const limit = performance.now() + QUIET_LIMIT_MS;
    for (let last = this.cpuSeconds; ;) {
      await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
      const now = this.cpuSeconds;
      if (now - last < (QUIET_MS / 1000) * QUIET_SHARE || performance.now() > limit) return;
      last = now;
    }
  }

  /** The single number that an instant query gives; undefined when there is none (yet). */
  async number(query: string, atMs: number): Promise<number | undefined> {
    const parameters = new URLSearchParams({ query, time: String(atMs / 1000), nocache: '1' });
    const answer = await fetch(`${this.kind.url}/api/v1/query?${parameters.toString()}`);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${this.kind.name} answers ${answer.status}: ${text}`);
    const { data } = JSON.parse(text) as { data: { result: { value: [number, string] }[] } };
    const value = data.result[0]?.value[1];
    return value === undefined ? undefined : Number(value);
  }

  /** Ends the process in order and starts it again; seconds from the start until a query finds samples. */
  async restart(query: string, atMs: number): Promise<number> {
    const before = this.cpuSeconds;
    await this.stop();
    this.#endCpuSeconds = this.#cpuBefore - before;
    const startMs = performance.now();
    await this.start();
    await waitUntil(async () => (await this.number(query, atMs)) !== undefined, {
      what: `${this.kind.name} to answer ${query}`,
      timeoutMs: READY_MS,
    });
    const seconds = (performance.now() - startMs) / 1000;
    this.#restartCpuSeconds = this.now().cpuSeconds;
    return seconds;
  }

  /**
   * Brings the disk to the state that it would be in after some rest; CPU seconds that it took. Of a start that
   * is needed for it, as much is left out as `restart` took before: settling may begin before it is ready.
   */
  async settle(): Promise<number> {
    const { kind } = this;
    let before = this.cpuSeconds;
    if (kind.restartsToSettle) {
      await this.stop();
      before = this.cpuSeconds + this.#restartCpuSeconds;
      await this.start(true);
    }
    await kind.settle(kind.url);
    await this.quiet();
    return this.#endCpuSeconds + Math.max(0, this.cpuSeconds - before);
  }

  #usage(): Usage {
    if (this.#program === undefined) return { cpuSeconds: 0, anonymousBytes: 0, residentBytes: 0 };
    return usageOf(this.#program.pid);
  }

  /** CPU of the process that is ending; 0 when it is gone. */
  #lastUsage(): number {
    try {
      return this.#usage().cpuSeconds;
    } catch {
      return 0;
    }
  }

  #look(): void {
    const { anonymousBytes, residentBytes, cpuSeconds } = this.#usage();
    this.peak = {
      cpuSeconds,
      anonymousBytes: Math.max(this.peak.anonymousBytes, anonymousBytes),
      residentBytes: Math.max(this.peak.residentBytes, residentBytes),
    };
  }
}

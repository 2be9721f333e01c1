/** Sends batches to a running aggregator as an agent does, and knows which were acknowledged. */
import { createHash } from 'node:crypto';

import { systemClock } from '../../lib/clock.ts';
import { encodeBatch, encodeSchemas } from '../../wire/batch.ts';
import { labelsFrom, type Labels } from '../../wire/labels.ts';
import { encodeSchema, schemaHash } from '../../wire/schema.ts';
import { linesOf, samplesOf } from '../tools/binnacle.ts';

const TIMEOUT_MS = 30_000;

export interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly text: string;
  readonly ms: number;
}

export class Feeder {
  readonly #url: string;
  readonly #lineBytes: number;
  readonly #name: string;
  readonly #series: readonly Labels[];
  readonly #firstMs = systemClock.nowMs() - 30 * 60_000;
  /** The batches that were acknowledged. */
  readonly acknowledged: number[] = [];
  #next = 1;

  /** Each batch has one sample and one line of so many bytes, which do not compress well. */
  constructor(url: string, lineBytes: number, name = 'feeder') {
    this.#url = url;
    this.#lineBytes = lineBytes;
    this.#name = name;
    this.#series = [labelsFrom({ __name__: 'written', by: name })];
  }

  /** Sends the next batch once; the same is sent again until it is acknowledged. */
  async send(): Promise<Answer> {
    const n = this.#next;
    const atMs = this.#firstMs + n;
    const lines = [this.#line(n)];
    const body = encodeBatch({
      agent: this.#name,
      epoch: 1,
      sequence: n,
      frames: [{ schema: schemaHash(encodeSchema(this.#series)), atMs, values: Float64Array.of(n) }],
      logs: [
        {
          labels: labelsFrom({ job: this.#name }),
          timesNs: BigInt64Array.of(BigInt(atMs) * 1_000_000n),
          lines,
        },
      ],
    });
    let answer = await this.post('batches', body);
    if (answer.status === 409) {
      const defined = await this.sendSchemas();
      answer = defined.status === 200 ? await this.post('batches', body) : defined;
    }
    if (answer.status === 200) {
      this.acknowledged.push(n);
      this.#next++;
    }
    return answer;
  }

  async sendSchemas(): Promise<Answer> {
    return this.post('schemas', encodeSchemas([this.#series]));
  }

  /** A list of series that the other side has not seen. */
  async sendNewSchemas(): Promise<Answer> {
    const name = `new_${this.#next}_${systemClock.monotonicMs()}`;
    return this.post('schemas', encodeSchemas([[labelsFrom({ __name__: name })]]));
  }

  /** What was acknowledged and is not there, is there twice or is another; samples and lines. */
  async faults(): Promise<string[]> {
    return this.#faultsOf(this.#url, this.acknowledged);
  }

  /**
   * The same of a store that has the state of an earlier moment: the first so many batches have to be there, later
   * ones only up to one of them.
   */
  async faultsOfCopy(url: string, least: number): Promise<string[]> {
    const found = (await this.#found(url)).samples.length;
    if (found < least) return [`${found} samples of ${least}`];
    return this.#faultsOf(
      url,
      Array.from({ length: found }, (_, i) => i + 1),
    );
  }

  async #faultsOf(url: string, batches: readonly number[]): Promise<string[]> {
    const { samples, lines } = await this.#found(url);
    const wantedSamples = batches.map((n) => `${this.#firstMs + n} ${n}`);
    const wantedLines = batches.map((n) => this.#line(n));
    return [...differences('sample', samples, wantedSamples), ...differences('line', lines, wantedLines)];
  }

  async #found(url: string): Promise<{ samples: string[]; lines: string[] }> {
    const samples = await samplesOf(url, `written{by="${this.#name}"}`);
    const lines = await linesOf(url, { selector: `{job="${this.#name}"}`, start: '0' });
    return { samples: samples.map(({ atMs, value }) => `${atMs} ${value}`), lines };
  }

  async post(path: string, body: Uint8Array): Promise<Answer> {
    return ask(`${this.#url}/api/v1/agent/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: new Uint8Array(body),
    });
  }

  #line(n: number): string {
    const noise = createHash('shake256', { outputLength: Math.ceil((this.#lineBytes * 3) / 4) });
    return `${n} ${noise.update(String(n)).digest('base64')}`;
  }
}

/** Asks and measures. */
export async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  const startMs = systemClock.monotonicMs();
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
  const text = await response.text();
  const ms = systemClock.monotonicMs() - startMs;
  return { status: response.status, retryAfter: response.headers.get('retry-after'), text, ms };
}

/** At most one that was not acknowledged may be there: its answer may not have got through. */
function differences(what: string, found: readonly string[], wanted: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const each of found) counts.set(each, (counts.get(each) ?? 0) + 1);
  const faults = wanted
    .filter((each) => !counts.has(each))
    .map((each) => `${what} lost: ${each.slice(0, 40)}`);
  for (const [each, count] of counts)
    if (count > 1) faults.push(`${what} ${count} times: ${each.slice(0, 40)}`);
  const known = new Set(wanted);
  const others = [...counts.keys()].filter((each) => !known.has(each));
  if (others.length > 1)
    faults.push(`${what} of nobody: ${others.map((each) => each.slice(0, 40)).join(', ')}`);
  return faults;
}

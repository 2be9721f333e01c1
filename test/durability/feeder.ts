/** Sends batches to a running aggregator as an agent does, and knows which were acknowledged. */
import { createHash } from 'node:crypto';

import { systemClock } from '../../lib/clock.ts';
import { encodeBatch, encodeSchemas } from '../../wire/batch.ts';
import { labelsFrom } from '../../wire/labels.ts';
import { encodeSchema, schemaHash } from '../../wire/schema.ts';
import { linesOf, samplesOf } from '../tools/binnacle.ts';

const SERIES = [labelsFrom({ __name__: 'written' })];
const SCHEMA = schemaHash(encodeSchema(SERIES));
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
  readonly #firstMs = systemClock.nowMs() - 30 * 60_000;
  /** The batches that were acknowledged. */
  readonly acknowledged: number[] = [];
  #next = 1;

  /** Each batch has one sample and one line of so many bytes, which do not compress well. */
  constructor(url: string, lineBytes: number) {
    this.#url = url;
    this.#lineBytes = lineBytes;
  }

  /** Sends the next batch once; the same is sent again until it is acknowledged. */
  async send(): Promise<Answer> {
    const n = this.#next;
    const atMs = this.#firstMs + n;
    const lines = [this.#line(n)];
    const body = encodeBatch({
      agent: 'feeder',
      epoch: 1,
      sequence: n,
      frames: [{ schema: SCHEMA, atMs, values: Float64Array.of(n) }],
      logs: [
        {
          labels: labelsFrom({ job: 'feeder' }),
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
    return this.post('schemas', encodeSchemas([SERIES]));
  }

  /** A list of series that the other side has not seen. */
  async sendNewSchemas(): Promise<Answer> {
    const name = `new_${this.#next}_${systemClock.monotonicMs()}`;
    return this.post('schemas', encodeSchemas([[labelsFrom({ __name__: name })]]));
  }

  /** What was acknowledged and is not there, is there twice or is another; samples and lines. */
  async faults(): Promise<string[]> {
    const samples = (await samplesOf(this.#url, 'written')).map(({ atMs, value }) => `${atMs} ${value}`);
    const lines = await linesOf(this.#url, { query: '{job="feeder"}', start: '0' });
    const wantedSamples = this.acknowledged.map((n) => `${this.#firstMs + n} ${n}`);
    const wantedLines = this.acknowledged.map((n) => this.#line(n));
    return [...differences('sample', samples, wantedSamples), ...differences('line', lines, wantedLines)];
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

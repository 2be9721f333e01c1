/**
 * Three writers at once, each by a way of its own into the store: an agent's batches, remote write, and text. Each
 * sends a request again until it is acknowledged, and remembers every sample of it from then on.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { remoteWriteBody } from '../../aggregator/ingest/remote-write.fake.ts';
import { encodeBatch, encodeSchemas } from '../../wire/batch.ts';
import { labelsFrom } from '../../wire/labels.ts';
import { encodeSchema, schemaHash } from '../../wire/schema.ts';

/** The two days that are written. */
export const MIDNIGHT_MS = Date.UTC(2026, 0, 11);
/** All samples lie within so many hours of midnight. */
export const HOURS = 6;
const HOUR_MS = 3_600_000;
const STEP_MS = 20;
const SERIES = 4;
const TIMEOUT_MS = 30_000;

export interface Sample {
  /** The value of the label `series`. */
  readonly series: number;
  readonly atMs: number;
  readonly value: number;
}

interface Request {
  readonly path: string;
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
  readonly samples: readonly Sample[];
}

/** One way in: its n-th request, and what else it sends when the answer is 409. */
interface Way {
  readonly metric: string;
  request(n: number): Request;
  schemas?(): Uint8Array;
}

/** Evening and night go on side by side, so that each fold has samples of both days. */
function times(n: number): readonly [number, number] {
  return [MIDNIGHT_MS - HOURS * HOUR_MS + (n + 1) * STEP_MS, MIDNIGHT_MS + n * STEP_MS];
}

function samplesAt(n: number, atMs: number): Sample[] {
  // Long fractions, which no codec rounds by chance.
  return Array.from({ length: SERIES }, (_, series) => ({ series, atMs, value: n / 7 + series / 3 }));
}

const OCTETS = 'application/octet-stream';

const BATCH_SERIES = Array.from({ length: SERIES }, (_, series) =>
  labelsFrom({ __name__: 'written_by_batch', series: String(series) }),
);

const batches: Way = {
  metric: 'written_by_batch',
  request: (n) => {
    const schema = schemaHash(encodeSchema(BATCH_SERIES));
    const scrapes = times(n).map((atMs) => samplesAt(n, atMs));
    const frames = scrapes.map((samples) => ({
      schema,
      atMs: samples[0]?.atMs as number,
      values: Float64Array.from(samples, ({ value }) => value),
    }));
    const body = encodeBatch({ agent: 'writer', epoch: 1, sequence: n + 1, frames });
    return { path: 'agent/batches', contentType: OCTETS, body, samples: scrapes.flat() };
  },
  schemas: () => encodeSchemas([BATCH_SERIES]),
};

const remoteWrite: Way = {
  metric: 'written_by_remote_write',
  request: (n) => {
    const samples = times(n).flatMap((atMs) => samplesAt(n, atMs));
    const body = remoteWriteBody(
      Array.from({ length: SERIES }, (_, series) => ({
        labels: [
          ['__name__', 'written_by_remote_write'],
          ['series', String(series)],
        ],
        samples: samples
          .filter((sample) => sample.series === series)
          .map(({ atMs, value }) => [atMs, value] as const),
      })),
    );
    const headers = { 'content-encoding': 'snappy', 'x-prometheus-remote-write-version': '0.1.0' };
    return { path: 'write', contentType: 'application/x-protobuf', headers, body, samples };
  },
};

/** One day a request; the times of each four go backwards. */
const text: Way = {
  metric: 'written_by_text',
  request: (n) => {
    const turned = n - (n % 4) + (3 - (n % 4));
    const samples = samplesAt(n, times(turned)[n % 2 === 0 ? 0 : 1]);
    const lines = samples.map(
      ({ series, value, atMs }) => `written_by_text{series="${series}"} ${value} ${atMs}\n`,
    );
    return { path: 'import/prometheus', contentType: 'text/plain', body: lines.join(''), samples };
  },
};

/** A sample's name in a model: series and time. */
export function keyOf({ series, atMs }: Pick<Sample, 'series' | 'atMs'>): string {
  return `${series} ${atMs}`;
}

export class Writer {
  readonly #way: Way;
  /** `keyOf` -> value. */
  readonly acknowledged = new Map<string, number>();
  /** Requests that were told to come again. */
  refusals = 0;
  #pending: Request | undefined;
  #next = 0;

  constructor(way: Way) {
    this.#way = way;
  }

  get metric(): string {
    return this.#way.metric;
  }

  /** Samples that were sent, and whose answer did not come: they may be there or not. */
  get inDoubt(): Map<string, number> {
    return new Map(this.#pending?.samples.map((sample) => [keyOf(sample), sample.value]));
  }

  /** Writes until the signal; throws when a request is refused for good. A connection that breaks is made again. */
  async run(url: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#pending ??= this.#way.request(this.#next++);
      const status = await this.#send(url, this.#pending).catch((thrown: unknown) => {
        if (thrown instanceof Refused) throw thrown;
        return 0;
      });
      if (status === 200 || status === 204) {
        for (const sample of this.#pending.samples) this.acknowledged.set(keyOf(sample), sample.value);
        this.#pending = undefined;
      } else {
        await sleep(5);
      }
    }
  }

  /** The status; 0 when it is to be sent again. */
  async #send(url: string, { path, contentType, headers = {}, body }: Request): Promise<number> {
    const { status, reason } = await post(`${url}/api/v1/${path}`, contentType, headers, body);
    if (status === 200 || status === 204) return status;
    if (status === 409 && this.#way.schemas !== undefined) {
      await post(`${url}/api/v1/agent/schemas`, OCTETS, {}, this.#way.schemas());
      return 0;
    }
    if (status !== 503) throw new Refused(`${path} answers ${status}: ${reason}`);
    this.refusals++;
    return 0;
  }
}

/** Unlike a connection that breaks, this is for good. */
class Refused extends Error {}

async function post(
  url: string,
  contentType: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array | string,
): Promise<{ status: number; reason: string }> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': contentType },
    body: typeof body === 'string' ? body : new Uint8Array(body),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  return { status: answer.status, reason: await answer.text() };
}

export function threeWriters(): Writer[] {
  return [batches, remoteWrite, text].map((way) => new Writer(way));
}

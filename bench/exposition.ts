/** Reads as much of the text exposition format as a bench needs: one's own counters, and how many samples. */
import { request } from 'node:http';
import { gunzipSync } from 'node:zlib';

export interface Scrape {
  readonly text: string;
  /** Of the body as it came, compressed. */
  readonly gzipBytes: number;
}

const TIMEOUT_MS = 5_000;

/** One scrape as Prometheus makes it: asks for gzip, which the exporter pays for. */
export async function scrape(url: string): Promise<Scrape> {
  const body = await new Promise<Buffer>((resolve, reject) => {
    const headers = { accept: 'text/plain;version=0.0.4', 'accept-encoding': 'gzip' };
    // Not `timeout`: that counts a kept connection's idle time between two scrapes, too.
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const asked = request(url, { headers, signal }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve(Buffer.concat(parts));
        else reject(new Error(`scrape of ${url}: ${answer.statusCode}`));
      });
    });
    asked.on('error', reject);
    asked.end();
  });
  const isGzip = body[0] === 0x1f && body[1] === 0x8b;
  return { text: isGzip ? gunzipSync(body).toString() : body.toString(), gzipBytes: body.length };
}

export function countSamples(text: string): number {
  return text.match(/^[^#\n]/gm)?.length ?? 0;
}

/** The sum over all series of a metric; throws when there is none, for a figure of nothing is no figure. */
export function sumOf(text: string, name: string): number {
  const values = [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)`, 'gm'))].map((match) =>
    Number(match[1]),
  );
  if (values.length === 0) throw new Error(`no metric ${name}`);
  return values.reduce((sum, value) => sum + value, 0);
}

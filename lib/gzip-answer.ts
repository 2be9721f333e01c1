import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';

const packGzip = promisify<Buffer | string, { level: number }, Buffer>(gzip);

/** Shorter answers fit into one packet anyway. */
const MIN_BYTES = 1400;
const TEXT = /^(application\/json|text\/|application\/openmetrics-text)/;

/**
 * Packs the whole of a text for a client that takes gzip, in a thread of zlib's; undefined when it goes out as it is.
 * `accepted` is the header Accept-Encoding, `type` that of the content.
 */
export async function gzipAnswer(
  body: string | Uint8Array,
  type: string,
  accepted: string,
): Promise<Buffer | undefined> {
  if (body.length < MIN_BYTES || !TEXT.test(type) || !takesGzip(accepted)) return undefined;
  const bytes = typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.length);
  // The fastest level: an answer is read once.
  return packGzip(bytes, { level: constants.Z_BEST_SPEED });
}

/** By RFC 9110, 12.5.3: named without a weight of zero. */
function takesGzip(accepted: string): boolean {
  const named = accepted
    .toLowerCase()
    .split(',')
    .map((entry) => entry.split(';').map((part) => part.trim()));
  const entry = named.find(([coding]) => coding === 'gzip') ?? named.find(([coding]) => coding === '*');
  return entry !== undefined && !/^q=0(\.0*)?$/.test(entry[1] ?? '');
}

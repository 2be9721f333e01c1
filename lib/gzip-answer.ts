import { pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { constants, createGzip, gzip } from 'node:zlib';

const packGzip = promisify<Buffer | string, { level: number }, Buffer>(gzip);

/** The fastest: an answer is read once. */
const FAST = { level: constants.Z_BEST_SPEED };
/** What is larger goes out in pieces while the rest is packed, and no piece holds others up for long. */
const WHOLE_BYTES = 1 << 20;
const PIECE_BYTES = 1 << 18;

/** Shorter answers fit into one packet anyway. */
const MIN_BYTES = 1400;
const TEXT = /^(application\/json|text\/|application\/openmetrics-text)/;

/**
 * Packs a text for a client that takes gzip, in a thread of zlib's; undefined when it goes out as it is.
 * `accepted` is the header Accept-Encoding, `type` that of the content.
 */
export async function gzipAnswer(
  body: string | Uint8Array,
  type: string,
  accepted: string,
): Promise<Buffer | Readable | undefined> {
  if (body.length < MIN_BYTES || !TEXT.test(type) || !takesGzip(accepted)) return undefined;
  const bytes = typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.length);
  if (bytes.length <= WHOLE_BYTES) return packGzip(bytes, FAST);
  // Whoever reads it hears of a failure: there is nothing else to do about one.
  return pipeline(
    Readable.from(piecesOf(typeof bytes === 'string' ? Buffer.from(bytes) : bytes)),
    createGzip({ ...FAST, chunkSize: PIECE_BYTES }),
    () => {},
  );
}

function* piecesOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
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

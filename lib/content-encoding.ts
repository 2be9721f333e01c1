import { gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';

import { Fault, reasonOf } from './fault.ts';
import type { Scratch } from './scratch.ts';
import { snappyDecode } from './snappy.ts';
import { zstdDecompress } from './zstd.ts';

type Decode = (bytes: Uint8Array, maxBytes: number, scratch?: Scratch) => Uint8Array;

/** Encodings of bodies (RFC 9110, 8.4.1), and `snappy`, which is one Snappy block. */
const DECODERS: Readonly<Record<string, Decode>> = {
  gzip: zlib('gzip', gunzipSync),
  'x-gzip': zlib('gzip', gunzipSync),
  deflate: zlib('deflate', (bytes, options) =>
    hasZlibHeader(bytes) ? inflateSync(bytes, options) : inflateRawSync(bytes, options),
  ),
  zstd: (bytes, maxBytes) => zstdDecompress(bytes, maxBytes),
  snappy: snappyDecode,
};

/** The encodings that are taken, as `Accept-Encoding` of an answer 415 tells them. */
export const ACCEPTED_ENCODINGS = 'gzip, deflate, zstd, snappy';

/** A body in a body in a body is no body that anybody means. */
const MAX_LAYERS = 2;

/**
 * The value of a `Content-Encoding` header in a form for `decodeContent`: lower case, without `identity`. Throws
 * a `Fault` `unsupported_encoding` for an encoding, or a number of them, that is not taken.
 */
export function contentEncoding(header: string): string {
  const layers = header
    .toLowerCase()
    .split(',')
    .map((layer) => layer.trim())
    .filter((layer) => layer !== '' && layer !== 'identity');
  for (const layer of layers) if (!Object.hasOwn(DECODERS, layer)) throw unsupported(layer);
  if (layers.length > MAX_LAYERS)
    throw new Fault(
      'unsupported_encoding',
      `${layers.length} content encodings one upon the other, at most ${MAX_LAYERS} are taken`,
    );
  return layers.join(',');
}

/**
 * Unpacks a body, the encoding that was applied last first. No layer may become larger than `maxBytes`, which is
 * checked before memory is taken. The content may lie in `scratch`. Throws a `Fault`: `too_large`, `malformed`,
 * `unsupported_encoding`.
 */
export function decodeContent(
  bytes: Uint8Array,
  encoding: string,
  maxBytes: number,
  scratch?: Scratch,
): Uint8Array {
  let content = bytes;
  const layers = contentEncoding(encoding).split(',').reverse();
  for (const layer of layers) {
    // Of two layers one can't lie where the other is read.
    const place = layers.length === 1 ? scratch : undefined;
    if (layer !== '') content = (DECODERS[layer] as Decode)(content, maxBytes, place);
  }
  if (content.length > maxBytes)
    throw new Fault('too_large', `the body has ${content.length} bytes, at most ${maxBytes} are taken`);
  return content;
}

function zlib(
  name: string,
  inflate: (bytes: Uint8Array, options: { maxOutputLength: number }) => Buffer,
): Decode {
  return (bytes, maxBytes) => {
    try {
      return inflate(bytes, { maxOutputLength: Math.max(1, maxBytes) });
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
        throw new Fault('too_large', `the body is larger than ${maxBytes} bytes when decompressed`);
      throw new Fault('malformed', `the body can't be decompressed as ${name}: ${reasonOf(thrown)}`);
    }
  };
}

/** `deflate` is the zlib format (RFC 1950); some senders leave its header out. */
function hasZlibHeader(bytes: Uint8Array): boolean {
  const [method = 0, flags = 0] = bytes;
  return (method & 0x0f) === 8 && ((method << 8) | flags) % 31 === 0;
}

function unsupported(encoding: string): Fault {
  const name = JSON.stringify(encoding.slice(0, 80));
  return new Fault(
    'unsupported_encoding',
    `the content encoding ${name} is not one of ${ACCEPTED_ENCODINGS}`,
  );
}

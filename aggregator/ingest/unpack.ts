import { gunzipSync } from 'node:zlib';

import { Fault, reasonOf } from '../../lib/fault.ts';

/**
 * The body itself when it came with `Content-Encoding: gzip`. Told by gzip's magic (RFC 1952), so that the
 * journal keeps the body as it came: no protobuf message, no JSON and no UTF-8 text begins with these bytes.
 */
export function unpackGzip(body: Uint8Array, maxBytes: number): Uint8Array {
  if (body[0] !== 0x1f || body[1] !== 0x8b) {
    if (body.length > maxBytes) throw tooLarge(maxBytes);
    return body;
  }
  try {
    return gunzipSync(body, { maxOutputLength: Math.max(1, maxBytes) });
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    throw new Fault('malformed', `the body can't be decompressed as gzip: ${reasonOf(thrown)}`, {
      cause: thrown,
    });
  }
}

function tooLarge(maxBytes: number): Fault {
  return new Fault(
    'too_large',
    `the body is larger than ${maxBytes} bytes when decompressed (setting ingest.max-body-size)`,
  );
}

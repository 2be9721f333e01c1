import type { IncomingHttpHeaders } from 'node:http';

/** Why a body in this content encoding is not read; who reads it unpacks gzip itself. */
export function refuseEncoding({
  'content-encoding': encoding = 'identity',
}: IncomingHttpHeaders): string | undefined {
  return ['identity', 'gzip', 'x-gzip', ''].includes(encoding.trim().toLowerCase())
    ? undefined
    : `the content encoding ${JSON.stringify(encoding)} is not gzip`;
}

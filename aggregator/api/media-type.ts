import { Fault } from '../../lib/fault.ts';

export const PROTOBUF = 'application/x-protobuf';
export const JSON_TYPE = 'application/json';
export const BINARY = 'application/octet-stream';

/** The type of a `Content-Type` header without its parameters; `''` when there is none. */
export function mediaType(contentType: string): string {
  return (contentType.split(';')[0] as string).trim().toLowerCase();
}

/** Throws a `Fault` `unsupported_type` for a header that names none of these types. */
export function expectType(contentType: string, types: readonly string[]): void {
  if (types.includes(mediaType(contentType))) return;
  const name = JSON.stringify(contentType.slice(0, 100));
  throw new Fault('unsupported_type', `the content type ${name} is not one of ${types.join(', ')}`);
}

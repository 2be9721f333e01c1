/**
 * Bytes that have a buffer to themselves, as a transfer to another thread needs it; copied when they share
 * one. (`slice()` of a Node Buffer is a view, and small Buffers share a pool that can't be transferred.)
 */
export function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength
    ? (bytes as Uint8Array<ArrayBuffer>)
    : new Uint8Array(bytes);
}

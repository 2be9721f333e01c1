import { readFileSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';

const BLOCK_BYTES = 512;
const MAX_BYTES = 1 << 28;

/** The files of a tar archive in zstd, as text. */
export function textsOf(file: string): { name: string; text: string }[] {
  const archive = zstdDecompressSync(readFileSync(file), { maxOutputLength: MAX_BYTES });
  return [...filesOfTar(archive)].map(({ name, bytes }) => ({ name, text: Buffer.from(bytes).toString() }));
}

/** The regular files of a tar archive, in their order. Format: POSIX ustar; sizes are octal text. */
function* filesOfTar(archive: Uint8Array): Iterable<{ name: string; bytes: Uint8Array }> {
  const text = (at: number, length: number): string =>
    Buffer.from(archive.subarray(at, at + length))
      .toString('latin1')
      .replace(/\0.*$/s, '');
  for (let at = 0; at + BLOCK_BYTES <= archive.length && archive[at] !== 0;) {
    const name = text(at, 100);
    const size = Number.parseInt(text(at + 124, 12), 8);
    const kind = text(at + 156, 1);
    const start = at + BLOCK_BYTES;
    if (kind === '0' || kind === '') yield { name, bytes: archive.subarray(start, start + size) };
    at = start + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
  }
}

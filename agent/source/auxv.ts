import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the kernel measures in: bytes of a page of memory, ticks a second of CPU times. */
export interface KernelUnits {
  readonly pageBytes: number;
  readonly ticksPerSecond: number;
}

const AT_PAGESZ = 6;
const AT_CLKTCK = 17;

/**
 * Units from the auxiliary vector of this very process (pairs of words, see getauxval(3)): it is the one
 * place that tells them without a native call. Where it can't be read: 4096 and 100, as on x86.
 */
export function readKernelUnits(procRoot: string): KernelUnits {
  let bytes: Buffer;
  try {
    bytes = readFileSync(join(procRoot, 'self/auxv'));
  } catch {
    bytes = Buffer.alloc(0);
  }
  return parseAuxv(bytes);
}

/** @param bytes pairs of 64-bit little-endian words, as on every platform that Node is built for but s390x */
export function parseAuxv(bytes: Uint8Array): KernelUnits {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let pageBytes = 4096;
  let ticksPerSecond = 100;
  for (let at = 0; at + 16 <= bytes.byteLength; at += 16) {
    const type = view.getBigUint64(at, true);
    const value = Number(view.getBigUint64(at + 8, true));
    if (type === BigInt(AT_PAGESZ) && value >= 4096 && value <= 1 << 20) pageBytes = value;
    if (type === BigInt(AT_CLKTCK) && value >= 1 && value <= 1_000_000) ticksPerSecond = value;
  }
  return { pageBytes, ticksPerSecond };
}

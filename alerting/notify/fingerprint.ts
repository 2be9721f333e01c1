import type { Labels } from '../../wire/labels.ts';

const OFFSET = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;

/**
 * The identity of an alert as Alertmanager computes it, 16 hexadecimal digits: FNV-1a of 64 bits over the labels by
 * name, each name and value ended by the byte 0xff (prometheus/common `model/signature.go`).
 */
export function fingerprintOf(labels: Labels): string {
  let hash = OFFSET;
  const add = (byte: number): void => {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * PRIME);
  };
  for (const part of labels) {
    for (const byte of Buffer.from(part)) add(byte);
    add(0xff);
  }
  return hash.toString(16).padStart(16, '0');
}

/**
 * How far something was read, by key; null takes a key away. The spool keeps it and knows nothing of what it
 * means. A checkpoint holds only what has changed.
 */
export type Checkpoint = ReadonlyMap<string, unknown>;

export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  return Buffer.from(JSON.stringify([...checkpoint]));
}

/** Throws an Error when the bytes are none. */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  return decodePairs(JSON.parse(Buffer.from(bytes).toString()));
}

/** Applying the same checkpoints again, in the same order, changes nothing. */
export function applyCheckpoint(positions: Map<string, unknown>, checkpoint: Checkpoint): void {
  for (const [key, value] of checkpoint) {
    if (value === null) positions.delete(key);
    else positions.set(key, value);
  }
}

/** Throws an Error when the value is no list of pairs. */
export function decodePairs(value: unknown): Checkpoint {
  const isPair = (pair: unknown): pair is [string, unknown] =>
    Array.isArray(pair) && pair.length === 2 && typeof pair[0] === 'string';
  if (!Array.isArray(value) || !value.every(isPair)) throw new Error('it is not a list of positions');
  return new Map(value);
}

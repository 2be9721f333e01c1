import { Fault, isFault, reasonOf } from '../../../lib/fault.ts';

/** What `ByteReader`, zstd and others find wrong in stored bytes is damage: a `Fault` of that code that names them. */
export function asDamage<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown;
    throw new Fault('damaged', `${what} can't be read: ${reasonOf(thrown)}`, { cause: thrown });
  }
}

import { ByteReader } from '../../lib/byte-reader.ts';
import { ByteWriter } from '../../lib/byte-writer.ts';
import { Fault } from '../../lib/fault.ts';

/**
 * What has to be known beside a body to read it. It goes into the journal with the body, so that a restart reads
 * the same out of it as was acknowledged, whatever the clock and the settings are by then.
 */
export interface BodyForm {
  /** As `contentEncoding` gives it. */
  readonly encoding: string;
  /** When it came; the time of samples that tell none. */
  readonly receivedMs: number;
  readonly maxLabels: number;
  readonly maxLabelLength: number;
  /** What the sender said outside of the body, by name. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
}

/** The body of a journal entry; drawn in the store's FORMAT.md. */
export function encodeEnvelope(form: BodyForm, body: Uint8Array): Uint8Array {
  const head = Buffer.from(JSON.stringify(form));
  const out = new ByteWriter(head.length + body.length + 8);
  out.block(head);
  out.raw(body);
  return out.bytes();
}

/** The way back; throws a `Fault` `malformed`. */
export function decodeEnvelope(bytes: Uint8Array): { form: BodyForm; body: Uint8Array } {
  const reader = new ByteReader(bytes);
  const head = reader.block();
  try {
    const form = JSON.parse(Buffer.from(head).toString()) as BodyForm;
    return { form, body: bytes.subarray(reader.offset) };
  } catch (cause) {
    throw new Fault('malformed', 'the head of a journalled body is not JSON', { cause });
  }
}

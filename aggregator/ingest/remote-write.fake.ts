import { ByteWriter } from '../../lib/byte-writer.ts';

export interface FakeSeries {
  readonly labels: readonly (readonly [string, string])[];
  /** Time in ms and value. */
  readonly samples: readonly (readonly [number, number])[];
}

/** A remote write 1.0 request as a sender makes it, in a Snappy block of literals alone; for tests. */
export function remoteWriteBody(series: readonly FakeSeries[]): Uint8Array {
  return snappyLiteral(
    message((out) => {
      for (const one of series) field(out, 1, timeSeries(one));
    }),
  );
}

/** Any bytes as a Snappy block that copies nothing. */
function snappyLiteral(bytes: Uint8Array): Uint8Array {
  const out = new ByteWriter();
  out.uvarint(bytes.length);
  if (bytes.length > 0) {
    out.u8(62 << 2);
    const size = bytes.length - 1;
    for (const shift of [0, 8, 16]) out.u8((size >> shift) & 0xff);
    out.raw(bytes);
  }
  return out.bytes().slice();
}

function timeSeries({ labels, samples }: FakeSeries): Uint8Array {
  return message((out) => {
    for (const [name, value] of labels) {
      field(
        out,
        1,
        message((label) => {
          field(label, 1, Buffer.from(name));
          field(label, 2, Buffer.from(value));
        }),
      );
    }
    for (const [atMs, value] of samples) {
      field(
        out,
        2,
        message((sample) => {
          sample.u8((1 << 3) | 1);
          sample.f64(value);
          sample.u8((2 << 3) | 0);
          int64(sample, atMs);
        }),
      );
    }
  });
}

function message(write: (out: ByteWriter) => void): Uint8Array {
  const out = new ByteWriter();
  write(out);
  return out.bytes().slice();
}

function field(out: ByteWriter, number: number, bytes: Uint8Array): void {
  out.u8((number << 3) | 2);
  out.block(bytes);
}

function int64(out: ByteWriter, value: number): void {
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    out.u8(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  out.u8(Number(rest));
}

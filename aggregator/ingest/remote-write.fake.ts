import { ByteWriter } from '../../lib/byte-writer.ts';

export interface FakeSeries {
  readonly labels: readonly (readonly [string, string])[];
  /** Time in ms and value. */
  readonly samples: readonly (readonly [number, number])[];
  readonly histograms?: readonly FakeHistogram[];
}

/** Fields of a `Histogram` that are written as they stand; spans are [offset, length]. */
export interface FakeHistogram {
  readonly atMs: number;
  readonly count?: number;
  readonly countFloat?: number;
  readonly sum: number | Uint8Array;
  readonly schema?: number;
  readonly zeroCount?: number;
  readonly positiveSpans?: readonly (readonly [number, number])[];
  readonly positiveDeltas?: readonly number[];
  readonly positiveCounts?: readonly number[];
  readonly negativeSpans?: readonly (readonly [number, number])[];
  readonly negativeDeltas?: readonly number[];
  readonly resetHint?: number;
  readonly bounds?: readonly number[];
}

/** A remote write 1.0 request as a sender makes it, in a Snappy block of literals alone; for tests. */
export function remoteWriteBody(series: readonly FakeSeries[]): Uint8Array {
  return snappyLiteral(remoteWriteMessage(series));
}

/** The same without the block. */
export function remoteWriteMessage(series: readonly FakeSeries[]): Uint8Array {
  return message((out) => {
    for (const one of series) field(out, 1, timeSeries(one));
  });
}

/** A series of remote write 2.0; what is left out is not there. */
export interface FakeSeries2 extends FakeSeries {
  /** In the place of those of the labels. */
  readonly references?: readonly number[];
  readonly exemplars?: number;
}

/**
 * A remote write 2.0 request: all texts once in the table, references packed or one by one, series before or
 * behind the table.
 */
export function remoteWriteMessage2(
  series: readonly FakeSeries2[],
  {
    packed = true,
    tableFirst = true,
    symbols = [''],
  }: { packed?: boolean; tableFirst?: boolean; symbols?: (string | Uint8Array)[] } = {},
): Uint8Array {
  const table = [...symbols];
  const reference = (text: string): number => {
    const known = table.indexOf(text);
    return known >= 0 ? known : table.push(text) - 1;
  };
  const all = series.map((one) => timeSeries2(one, packed, reference));
  return message((out) => {
    const write = (number: number, fields: readonly (string | Uint8Array)[]): void => {
      for (const bytes of fields) field(out, number, Buffer.from(bytes as Uint8Array));
    };
    if (tableFirst) write(4, table);
    write(5, all);
    if (!tableFirst) write(4, table);
  });
}

function timeSeries2(
  { labels, samples, references, histograms = [], exemplars = 0 }: FakeSeries2,
  packed: boolean,
  reference: (text: string) => number,
): Uint8Array {
  return message((out) => {
    const all = references ?? labels.flat().map(reference);
    if (packed) {
      field(
        out,
        1,
        message((list) => all.forEach((one) => list.uvarint(one))),
      );
    } else {
      for (const one of all) {
        out.u8(1 << 3);
        out.uvarint(one);
      }
    }
    for (const sample of samples) writeSample(out, sample);
    for (const histogram of histograms) field(out, 3, histogramMessage(histogram));
    for (let i = 0; i < exemplars; i++) field(out, 4, Uint8Array.of((2 << 3) | 1, 0, 0, 0, 0, 0, 0, 0, 0));
    // Metadata: a counter with the first text as its help.
    field(out, 5, Uint8Array.of(1 << 3, 1, 3 << 3, 0));
  });
}

/** Any bytes as a Snappy block that copies nothing. */
export function snappyLiteral(bytes: Uint8Array): Uint8Array {
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

function timeSeries({ labels, samples, histograms = [] }: FakeSeries): Uint8Array {
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
    for (const sample of samples) writeSample(out, sample);
    for (const histogram of histograms) field(out, 4, histogramMessage(histogram));
  });
}

function histogramMessage(histogram: FakeHistogram): Uint8Array {
  const { atMs, count, countFloat, sum, schema = 0, zeroCount, resetHint = 0, bounds = [] } = histogram;
  return message((out) => {
    const varint = (number: number, value: number): void => {
      out.u8(number << 3);
      int64(out, value);
    };
    const sint = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);
    const spans = (number: number, all: readonly (readonly [number, number])[] = []): void => {
      for (const [offset, length] of all) {
        const span = message((inner) => {
          inner.u8(1 << 3);
          inner.uvarint(sint(offset));
          inner.u8(2 << 3);
          inner.uvarint(length);
        });
        field(out, number, span);
      }
    };
    const deltas = (number: number, all: readonly number[] = []): void =>
      field(
        out,
        number,
        message((inner) => all.forEach((delta) => inner.uvarint(sint(delta)))),
      );
    const doubles = (number: number, all: readonly number[]): void => {
      if (number > 15) out.uvarint((number << 3) | 2);
      else out.u8((number << 3) | 2);
      out.block(message((inner) => all.forEach((value) => inner.f64(value))));
    };
    if (count !== undefined) varint(1, count);
    if (countFloat !== undefined) {
      out.u8((2 << 3) | 1);
      out.f64(countFloat);
    }
    out.u8((3 << 3) | 1);
    if (typeof sum === 'number') out.f64(sum);
    else out.raw(sum);
    varint(4, sint(schema));
    if (zeroCount !== undefined) varint(6, zeroCount);
    spans(8, histogram.negativeSpans);
    deltas(9, histogram.negativeDeltas);
    spans(11, histogram.positiveSpans);
    deltas(12, histogram.positiveDeltas);
    if (histogram.positiveCounts) doubles(13, histogram.positiveCounts);
    varint(14, resetHint);
    varint(15, atMs);
    if (bounds.length > 0) doubles(16, bounds);
  });
}

/** The same in both versions. */
function writeSample(out: ByteWriter, [atMs, value]: readonly [number, number]): void {
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

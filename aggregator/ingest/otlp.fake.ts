import { ByteWriter } from '../../lib/byte-writer.ts';

/** A request in the JSON encoding of OTLP, as an exporter makes it; for tests. */
export interface FakeOtlp {
  readonly resourceMetrics: readonly {
    readonly resource?: { readonly attributes?: readonly FakeAttribute[] };
    readonly scopeMetrics: readonly {
      readonly scope?: {
        readonly name?: string;
        readonly version?: string;
        readonly attributes?: readonly FakeAttribute[];
      };
      readonly metrics: readonly FakeMetric[];
      readonly schemaUrl?: string;
    }[];
  }[];
}

export interface FakeAttribute {
  readonly key: string;
  readonly value: FakeValue;
}

export interface FakeValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values: readonly FakeValue[] };
  readonly kvlistValue?: { readonly values: readonly FakeAttribute[] };
  readonly bytesValue?: string;
}

interface FakeData {
  readonly dataPoints: readonly FakePoint[];
  readonly aggregationTemporality?: number;
  readonly isMonotonic?: boolean;
}

export interface FakeMetric {
  readonly name: string;
  readonly description?: string;
  readonly unit?: string;
  readonly gauge?: FakeData;
  readonly sum?: FakeData;
  readonly histogram?: FakeData;
  readonly exponentialHistogram?: FakeData;
  readonly summary?: FakeData;
}

export interface FakeBuckets {
  readonly offset: number;
  readonly bucketCounts: readonly string[];
}

export interface FakePoint {
  readonly attributes?: readonly FakeAttribute[];
  readonly timeUnixNano: string;
  readonly asDouble?: number;
  readonly asInt?: string;
  readonly flags?: number;
  readonly count?: string;
  readonly sum?: number;
  readonly bucketCounts?: readonly string[];
  readonly explicitBounds?: readonly number[];
  readonly scale?: number;
  readonly zeroCount?: string;
  readonly positive?: FakeBuckets;
  readonly negative?: FakeBuckets;
  readonly zeroThreshold?: number;
  readonly quantileValues?: readonly { readonly quantile: number; readonly value: number }[];
}

const KINDS = [
  ['gauge', 5],
  ['sum', 7],
  ['histogram', 9],
  ['exponentialHistogram', 10],
  ['summary', 11],
] as const;

/** The same request in protobuf. */
export function otlpProtobuf({ resourceMetrics }: FakeOtlp): Uint8Array {
  return message((out) => {
    for (const { resource, scopeMetrics } of resourceMetrics) {
      out.sub(1, (one) => {
        one.sub(1, (fields) => fields.attributes(1, resource?.attributes));
        for (const { scope, metrics, schemaUrl = '' } of scopeMetrics) {
          one.sub(2, (each) => {
            each.sub(1, (fields) => {
              fields.text(1, scope?.name ?? '');
              fields.text(2, scope?.version ?? '');
              fields.attributes(3, scope?.attributes);
            });
            for (const metric of metrics) each.sub(2, (fields) => writeMetric(fields, metric));
            each.text(3, schemaUrl);
          });
        }
      });
    }
  });
}

function writeMetric(out: Message, metric: FakeMetric): void {
  out.text(1, metric.name);
  out.text(2, metric.description ?? '');
  out.text(3, metric.unit ?? '');
  for (const [name, field] of KINDS) {
    const data = metric[name];
    if (data === undefined) continue;
    out.sub(field, (fields) => {
      for (const point of data.dataPoints) fields.sub(1, (each) => writePoint(each, point, name));
      if (data.aggregationTemporality !== undefined) fields.varint(2, data.aggregationTemporality);
      if (data.isMonotonic) fields.varint(3, 1);
    });
  }
}

function writePoint(out: Message, point: FakePoint, kind: string): void {
  if (kind === 'exponentialHistogram') return writeExponential(out, point);
  const histogram = kind === 'histogram';
  out.attributes(histogram ? 9 : 7, point.attributes);
  out.fixed64(3, BigInt(point.timeUnixNano));
  if (point.flags !== undefined) out.varint(histogram ? 10 : 8, point.flags);
  if (point.asDouble !== undefined) out.double(4, point.asDouble);
  if (point.asInt !== undefined) out.fixed64(6, BigInt(point.asInt));
  if (point.count !== undefined) out.fixed64(4, BigInt(point.count));
  if (point.sum !== undefined) out.double(5, point.sum);
  if (point.bucketCounts !== undefined) out.packed(6, BigUint64Array.from(point.bucketCounts, BigInt));
  if (point.explicitBounds !== undefined) out.packed(7, Float64Array.from(point.explicitBounds));
  for (const { quantile, value } of point.quantileValues ?? []) {
    out.sub(6, (pair) => {
      pair.double(1, quantile);
      pair.double(2, value);
    });
  }
}

function writeExponential(out: Message, point: FakePoint): void {
  const sint = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);
  out.attributes(1, point.attributes);
  out.fixed64(3, BigInt(point.timeUnixNano));
  if (point.count !== undefined) out.fixed64(4, BigInt(point.count));
  if (point.sum !== undefined) out.double(5, point.sum);
  if (point.scale !== undefined) out.varint(6, sint(point.scale));
  if (point.zeroCount !== undefined) out.fixed64(7, BigInt(point.zeroCount));
  for (const [field, buckets] of [[8, point.positive] as const, [9, point.negative] as const]) {
    if (buckets === undefined) continue;
    out.sub(field, (inner) => {
      inner.varint(1, sint(buckets.offset));
      const counts = message((list) => buckets.bucketCounts.forEach((count) => list.uvarint(Number(count))));
      inner.u8((2 << 3) | 2);
      inner.block(counts);
    });
  }
  if (point.flags !== undefined) out.varint(10, point.flags);
  if (point.zeroThreshold !== undefined) out.double(14, point.zeroThreshold);
}

function message(write: (out: Message) => void): Uint8Array {
  const out = new Message();
  write(out);
  return out.bytes().slice();
}

class Message extends ByteWriter {
  sub(field: number, write: (out: Message) => void): void {
    this.u8((field << 3) | 2);
    this.block(message(write));
  }

  override text(...parameters: [string] | [number, string]): void {
    const [field, value] = parameters;
    if (typeof field === 'string') throw new Error('BUG: a text without a field');
    this.u8((field << 3) | 2);
    super.text(value as string);
  }

  override varint(field: number, value?: number): void {
    this.u8(field << 3);
    this.uvarint(value as number);
  }

  double(field: number, value: number): void {
    this.u8((field << 3) | 1);
    this.f64(value);
  }

  fixed64(field: number, value: bigint): void {
    this.u8((field << 3) | 1);
    this.raw(new Uint8Array(BigUint64Array.of(BigInt.asUintN(64, value)).buffer));
  }

  packed(field: number, values: BigUint64Array | Float64Array): void {
    this.u8((field << 3) | 2);
    this.block(new Uint8Array(values.buffer));
  }

  attributes(field: number, attributes: readonly FakeAttribute[] = []): void {
    for (const { key, value } of attributes) {
      this.sub(field, (pair) => {
        pair.text(1, key);
        pair.sub(2, (out) => out.value(value));
      });
    }
  }

  value(value: FakeValue): void {
    if (value.stringValue !== undefined) this.text(1, value.stringValue);
    if (value.boolValue !== undefined) this.varint(2, Number(value.boolValue));
    if (value.intValue !== undefined) {
      this.u8(3 << 3);
      let rest = BigInt.asUintN(64, BigInt(value.intValue));
      for (; rest > 127n; rest >>= 7n) this.u8(Number(rest & 127n) | 128);
      this.u8(Number(rest));
    }
    if (value.doubleValue !== undefined) this.double(4, value.doubleValue);
    const { arrayValue, kvlistValue, bytesValue } = value;
    if (arrayValue) {
      this.sub(5, (list) => {
        for (const item of arrayValue.values) list.sub(1, (out) => out.value(item));
      });
    }
    if (kvlistValue) this.sub(6, (map) => map.attributes(1, kvlistValue.values));
    if (bytesValue !== undefined) {
      this.u8((7 << 3) | 2);
      this.block(Buffer.from(bytesValue, 'base64'));
    }
  }
}

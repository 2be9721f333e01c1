import { Fault } from '../../lib/fault.ts';
import { LENGTH, ProtobufReader } from '../../lib/protobuf-reader.ts';
import type { Collected } from './collected.ts';
import { METRIC_TYPES, type MetricMetadata } from './metric-metadata.ts';
import { RemoteSeries, type SeriesForm } from './remote-write-series.ts';

/**
 * Reads `prometheus.WriteRequest` of remote write 1.0 (prometheus/docs `specs/prw/remote_write_spec.md`). A
 * series that is wrong is refused alone; a body that can't be read throws a `Fault`.
 */
export function readRemoteWrite(body: Uint8Array, collected: Collected): void {
  const request = new ProtobufReader(body);
  const series = new RemoteSeries(body, collected, new LabelFields());
  while (request.next()) {
    if (request.field === SERIES && request.wireType === LENGTH) {
      const start = request.passBytes();
      series.take(start, request.offset);
    } else if (request.field === METADATA && request.wireType === LENGTH)
      readMetadata(request.message(), collected.metadata);
    else if (request.field === SERIES_OF_2)
      throw new Fault('malformed', 'this is remote write 2.0, sent under the content type of 1.0');
    else request.skip();
  }
}

const SERIES = 1;
const METADATA = 3;
const SERIES_OF_2 = 5;
/** `repeated Label labels = 1`, of bytes. */
const LABEL_TAG = 0x0a;

/** `MetricMetadata`, which senders send now and then. */
function readMetadata(message: ProtobufReader, metadata: MetricMetadata): void {
  let [type, name, help, unit] = [0, '', '', ''];
  while (message.next()) {
    if (message.field === 1) type = message.int64();
    else if (message.field === 2) name = message.text();
    else if (message.field === 4) help = message.text();
    else if (message.field === 5) unit = message.text();
    else message.skip();
  }
  metadata.put(name, { type: METRIC_TYPES[type] ?? 'unknown', help, unit });
}

/** Labels are messages of two texts, and their bytes as they stand name a series. */
class LabelFields implements SeriesForm {
  readonly histograms = 4;
  readonly metadata = undefined;

  findGroup(bytes: Uint8Array, start: number, end: number, { keys }: Collected): number | undefined {
    return keys.find(bytes, start, end);
  }

  passLabels(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && bytes[at] === LABEL_TAG) {
      let length = bytes[at + 1] as number;
      let from = at + 2;
      if (length > 0x7f) {
        const high = bytes[from++] as number;
        if (high > 0x7f) return -1;
        length = (length & 0x7f) | (high << 7);
      }
      at = from + length;
    }
    return at <= end ? at : -1;
  }

  readLabel(series: ProtobufReader, texts: string[]): void {
    const label = series.message();
    let name = '';
    let value = '';
    while (label.next()) {
      if (label.field === 1) name = label.text();
      else if (label.field === 2) value = label.text();
      else label.skip();
    }
    texts.push(name, value);
  }
}

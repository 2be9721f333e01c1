import { Fault } from '../../lib/fault.ts';
import { ProtobufReader } from '../../lib/protobuf-reader.ts';
import type { Collected } from './collected.ts';
import { takeSeries, type SeriesForm } from './remote-write-series.ts';

/**
 * Reads `prometheus.WriteRequest` of remote write 1.0 (prometheus/docs `specs/prw/remote_write_spec.md`). A
 * series that is wrong is refused alone; a body that can't be read throws a `Fault`.
 */
export function readRemoteWrite(body: Uint8Array, collected: Collected): void {
  const request = new ProtobufReader(body);
  let index = 0;
  while (request.next()) {
    if (request.field === 1) takeSeries(request.message(), ++index, FORM, collected);
    else if (request.field === SERIES_OF_2)
      throw new Fault('malformed', 'this is remote write 2.0, sent under the content type of 1.0');
    else request.skip();
  }
}

const SERIES_OF_2 = 5;

const FORM: SeriesForm = {
  histograms: 4,
  readLabel(series, texts) {
    const label = series.message();
    let name = '';
    let value = '';
    while (label.next()) {
      if (label.field === 1) name = label.text();
      else if (label.field === 2) value = label.text();
      else label.skip();
    }
    texts.push(name, value);
  },
};

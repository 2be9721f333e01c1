import { Fault } from '../../lib/fault.ts';
import { ProtobufReader } from '../../lib/protobuf-reader.ts';
import type { Collected } from './collected.ts';
import { MAX_SERIES_LABELS, takeSeries, type SeriesForm } from './remote-write-series.ts';

/**
 * Reads `io.prometheus.write.v2.Request` of remote write 2.0 (prometheus/docs
 * `specs/prw/remote_write_spec_2_0.md`, its message in prometheus `prompb/io/prometheus/write/v2/types.proto`):
 * every text stands once, in a table of symbols. A series that is wrong is refused alone; a body that can't be
 * read throws a `Fault`.
 */
export function readRemoteWrite2(body: Uint8Array, collected: Collected): void {
  const request = new ProtobufReader(body);
  const form = seriesForm(readSymbols(request));
  request.rewind();
  let index = 0;
  while (request.next()) {
    if (request.field === SERIES_OF_1)
      throw new Fault('malformed', 'this is remote write 1.0, sent under the content type of 2.0');
    if (request.field === SERIES) takeSeries(request.message(), ++index, form, collected);
    else request.skip();
  }
}

const SERIES_OF_1 = 1;
const SYMBOLS = 4;
const SERIES = 5;
/** What an empty text costs in memory is far more than its two bytes in the body. */
const MAX_SYMBOLS = 1_000_000;

/** Undefined stands for a text that is not UTF-8: only the series that need it suffer. */
function readSymbols(request: ProtobufReader): (string | undefined)[] {
  const symbols: (string | undefined)[] = [];
  while (request.next()) {
    if (request.field !== SYMBOLS) {
      request.skip();
      continue;
    }
    if (symbols.length >= MAX_SYMBOLS)
      throw new Fault('too_large', `the request has more than ${MAX_SYMBOLS} symbols: send it in parts`);
    symbols.push(request.textOrUndefined());
  }
  return symbols;
}

function seriesForm(symbols: readonly (string | undefined)[]): SeriesForm {
  return {
    histograms: 3,
    readLabel(series, texts) {
      const references: number[] = [];
      series.int64s(references, 2 * MAX_SERIES_LABELS);
      for (const reference of references) {
        const text = symbols[reference];
        if (text === undefined)
          throw new Fault(
            'malformed',
            reference < symbols.length && reference >= 0
              ? `symbol ${reference} is not UTF-8`
              : `there is no symbol ${reference}, only ${symbols.length}`,
          );
        texts.push(text);
      }
    },
  };
}

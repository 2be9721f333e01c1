import { Fault } from '../../lib/fault.ts';
import { ProtobufReader } from '../../lib/protobuf-reader.ts';
import { compileMatcher } from '../store/label-pattern.ts';
import type { Matcher } from '../store/matcher.ts';
import type { TimeRange } from '../store/store.ts';

export interface ReadQuery {
  readonly range: TimeRange;
  readonly matchers: readonly Matcher[];
}

const OPERATORS = ['=', '!=', '=~', '!~'] as const;
const SAMPLES = 0;
/** What costs more than a request of any use. */
const MAX_QUERIES = 1000;
const MAX_MATCHERS = 1000;

/**
 * Reads `prometheus.ReadRequest` (prometheus/docs `querying/remote_read_api.md`, its message in prometheus
 * `prompb/remote.proto`). Hints are passed over. Throws a `Fault` `bad_data`.
 */
export function readReadRequest(body: Uint8Array): ReadQuery[] {
  const request = new ProtobufReader(body);
  const queries: ReadQuery[] = [];
  const types: number[] = [];
  while (request.next()) {
    if (request.field === 1) queries.push(readQuery(request.message()));
    else if (request.field === 2) request.int64s(types, MAX_QUERIES);
    else request.skip();
    if (queries.length > MAX_QUERIES)
      throw new Fault('bad_data', `more than ${MAX_QUERIES} queries in one request`);
  }
  // Who names no type takes samples; who names others too is answered in the one that is spoken here.
  if (types.length > 0 && !types.includes(SAMPLES))
    throw new Fault(
      'bad_data',
      'none of the accepted types of answers is SAMPLES, the one that is spoken here',
    );
  return queries;
}

function readQuery(query: ProtobufReader): ReadQuery {
  let fromMs = 0;
  let toMs = 0;
  const matchers: Matcher[] = [];
  while (query.next()) {
    if (query.field === 1) fromMs = query.int64();
    else if (query.field === 2) toMs = query.int64();
    else if (query.field === 3) matchers.push(readMatcher(query.message()));
    else query.skip();
    if (matchers.length > MAX_MATCHERS)
      throw new Fault('bad_data', `more than ${MAX_MATCHERS} matchers in a query`);
  }
  return { range: { fromMs, toMs }, matchers };
}

function readMatcher(message: ProtobufReader): Matcher {
  let type = 0;
  let name = '';
  let value = '';
  while (message.next()) {
    if (message.field === 1) type = message.int64();
    else if (message.field === 2) name = message.text();
    else if (message.field === 3) value = message.text();
    else message.skip();
  }
  const op = OPERATORS[type];
  if (op === undefined)
    throw new Fault('bad_data', `a matcher of ${JSON.stringify(name)} has the unknown type ${type}`);
  const matcher = { name, op, value };
  // Tells a regular expression that is wrong.
  compileMatcher(matcher);
  return matcher;
}

import { Fault } from '../../lib/fault.ts';
import { endsAsOpenMetrics, ExpositionReader } from '../../wire/exposition.ts';
import type { Collected } from './collected.ts';
import { readExpositionMetadata } from './exposition-metadata.ts';
import { parameterOf, type BodyForm, type Parameters } from './parameters.ts';

/** The parameter that carries the header; the others are those of the address. */
export const CONTENT_TYPE = 'content-type';
/** VictoriaMetrics's: `name=value`, set on all series of the body, over a label of that name. */
const EXTRA_LABEL = 'extra_label';

/**
 * Reads text as exporters expose it and pushes the samples that are right; a line that is wrong is refused alone,
 * by its number. A sample without a timestamp is of the time when the body came.
 */
export function readExposition(
  body: Uint8Array,
  collected: Collected,
  { parameters, receivedMs }: BodyForm,
): void {
  const extra = extraLabels(parameters);
  // Keys of one body differ from those of another whose lines have other labels added.
  const seed = collected.keys.seed(Buffer.from(JSON.stringify(['exposition', ...extra])));
  const openMetrics = isOpenMetrics(body, parameters);
  const reader = new ExpositionReader(body, openMetrics);
  const refuse = (reason: string): void => {
    const { line } = reader;
    collected.refuse(() => `line ${line}: ${reason}`);
  };
  let isNew = false;
  while (reader.next()) {
    if (reader.problem !== undefined) {
      refuse(reader.problem);
      continue;
    }
    const { value, timestampMs } = reader;
    const atMs = timestampMs === timestampMs ? timestampMs : receivedMs;
    if (collected.isTimeRefused(atMs)) {
      refuse(collected.timeReason(withExtra(reader.labels(), extra), atMs));
      continue;
    }
    let group: number | string | undefined = collected.keys.find(
      reader.bytes,
      reader.seriesStart,
      reader.seriesEnd,
      seed,
    );
    if (group === undefined) {
      isNew = true;
      group = collected.groupOf(withExtra(reader.labels(), extra));
      if (typeof group === 'number') collected.keys.addLast(group);
    }
    if (typeof group === 'string') refuse(group);
    else collected.rows.addValue(group, atMs, value);
  }
  // What is known was told before: text that is pushed again and again costs no more for its comments.
  if (isNew) readExpositionMetadata(body, openMetrics, collected.metadata);
  if (reader.unfinished) refuse('# EOF is missing behind it, so lines may be missing too');
}

/** OpenMetrics by its type; where the type says nothing sure, by its end. */
function isOpenMetrics(body: Uint8Array, parameters: Parameters): boolean {
  const type = parameterOf(parameters, CONTENT_TYPE).toLowerCase();
  if (type.startsWith('application/openmetrics-text')) return true;
  return !/^text\/plain\s*;.*\bversion\s*=/.test(type) && endsAsOpenMetrics(body);
}

function extraLabels(parameters: Parameters): ReadonlyMap<string, string> {
  const extra = new Map<string, string>();
  for (const [parameter, pair] of parameters) {
    if (parameter !== EXTRA_LABEL) continue;
    const equals = pair.indexOf('=');
    if (equals <= 0)
      throw new Fault('bad_data', `the parameter ${EXTRA_LABEL} is ${JSON.stringify(pair)}, not name=value`);
    extra.set(pair.slice(0, equals), pair.slice(equals + 1));
  }
  return extra;
}

function withExtra(texts: string[], extra: ReadonlyMap<string, string>): string[] {
  // Fast path.
  if (extra.size === 0) return texts;
  const all: string[] = [];
  for (let i = 0; i < texts.length; i += 2) {
    const name = texts[i] as string;
    if (!extra.has(name)) all.push(name, texts[i + 1] as string);
  }
  for (const [name, value] of extra) all.push(name, value);
  return all;
}

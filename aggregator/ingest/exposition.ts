import { Fault } from '../../lib/fault.ts';
import { endsAsOpenMetrics, ExpositionReader } from '../../wire/exposition.ts';
import type { CheckedSeries, Collected } from './collected.ts';
import type { BodyForm } from './envelope.ts';

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
  { parameters, receivedMs }: Pick<BodyForm, 'parameters' | 'receivedMs'>,
): void {
  const extra = extraLabels(parameters);
  const reader = new ExpositionReader(body, isOpenMetrics(body, parameters));
  const refuse = (reason: string | undefined): void => {
    const { line } = reader;
    if (reason !== undefined) collected.refuse(() => `line ${line}: ${reason}`);
  };
  /** Samples of one series mostly stand together. */
  let last: CheckedSeries | string = '';
  let lastStart = 0;
  let lastEnd = -1;
  while (reader.next()) {
    if (reader.problem !== undefined) {
      refuse(reader.problem);
      continue;
    }
    if (!reader.isSeries(lastStart, lastEnd)) {
      last = collected.check(withExtra(reader.labels(), extra));
      lastStart = reader.seriesStart;
      lastEnd = reader.seriesEnd;
    }
    if (typeof last === 'string') refuse(last);
    else {
      const { value, timestampMs } = reader;
      refuse(
        collected.add(last, timestampMs === timestampMs ? timestampMs : receivedMs, Float64Array.of(value)),
      );
    }
  }
  if (reader.unfinished) refuse('# EOF is missing behind it, so lines may be missing too');
}

/** OpenMetrics by its type; where the type says nothing sure, by its end. */
function isOpenMetrics(body: Uint8Array, parameters: BodyForm['parameters']): boolean {
  const type = parameters.find(([name]) => name === CONTENT_TYPE)?.[1].toLowerCase() ?? '';
  if (type.startsWith('application/openmetrics-text')) return true;
  return !/^text\/plain\s*;.*\bversion\s*=/.test(type) && endsAsOpenMetrics(body);
}

function extraLabels(parameters: BodyForm['parameters']): ReadonlyMap<string, string> {
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

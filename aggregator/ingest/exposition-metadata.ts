import type { MetricMetadata } from './metric-metadata.ts';

const LINE = /^#\s+(HELP|TYPE|UNIT)\s+("(?:[^"\\]|\\.)*"|\S+)\s?(.*)$/;
const NEWLINE = 0x0a;
const HASH = 0x23;
const MAX_LINE = 2000;
/** What a body of any exporter stays below. */
const MAX_LINES = 30_000;

/**
 * Reads the HELP, TYPE and UNIT lines of text exposition (prometheus/docs `instrumenting/exposition_formats.md`); one
 * that is wrong is passed over. OpenMetrics names the family of a counter without the `_total` of its series; here it
 * goes by the name of the series.
 */
export function readExpositionMetadata(
  body: Uint8Array,
  isOpenMetrics: boolean,
  metadata: MetricMetadata,
): void {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  const counters = new Set<string>();
  let lines = 0;
  for (let at = bytes[0] === HASH ? 0 : nextComment(bytes, 0); at >= 0; at = nextComment(bytes, at)) {
    if (++lines > MAX_LINES) return;
    const newline = bytes.indexOf(NEWLINE, at);
    const end = newline < 0 ? bytes.length : newline;
    const line = bytes.toString('utf8', at, Math.min(end, at + MAX_LINE)).trimEnd();
    const [, what, quoted = '', text = ''] = LINE.exec(line) ?? [];
    if (what === undefined) continue;
    const family = unescape(quoted.startsWith('"') ? quoted.slice(1, -1) : quoted);
    if (isOpenMetrics && what === 'TYPE' && text.trim() === 'counter') counters.add(family);
    const name = counters.has(family) && !family.endsWith('_total') ? `${family}_total` : family;
    if (what === 'HELP') metadata.put(name, { help: unescape(text) });
    else if (what === 'UNIT') metadata.put(name, { unit: text.trim() });
    else metadata.put(name, { type: text.trim() === 'untyped' ? 'unknown' : text.trim().slice(0, 20) });
  }
}

/** The next line that begins with `#`, or -1. */
function nextComment(bytes: Buffer, from: number): number {
  const newline = bytes.indexOf('\n#', from, 'latin1');
  return newline < 0 ? -1 : newline + 1;
}

function unescape(text: string): string {
  return text.replace(/\\(.)/g, (_whole, escaped: string) => (escaped === 'n' ? '\n' : escaped));
}

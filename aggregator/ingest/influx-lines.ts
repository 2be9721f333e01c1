import { isUtf8 } from 'node:buffer';

import { ByteReader } from '../../lib/byte-reader.ts';
import { ByteWriter } from '../../lib/byte-writer.ts';
import { Fault } from '../../lib/fault.ts';
import { labelsFrom, METRIC_NAME, type Labels } from '../../wire/labels.ts';
import type { PushedRow } from './pushed-row.ts';
import { parseInfluxTime, parseInfluxValue, timeUnit, type TimeUnit } from './influx-value.ts';
import type { BodyLimits } from './limits.ts';
import { Refusals, refuseLabels, refuseTime } from './refusals.ts';
import { unpackGzip } from './unpack.ts';

/** What a request says beside its lines; it is kept with them, since they mean nothing without. */
export interface InfluxRequest {
  /** The parameter `db`, which becomes the label `db` where a line has no such tag; `''`: none. */
  readonly db: string;
  /** The parameter `precision`: n, ns, u, us, ms, s, m or h; `''`: ns. */
  readonly precision: string;
  /** The time of lines without one. */
  readonly nowMs: number;
  /** The lines, maybe in gzip. */
  readonly lines: Uint8Array;
}

/** The body that is journalled: `text db | text precision | f64 now, ms | lines`. */
export function packInflux({ db, precision, nowMs, lines }: InfluxRequest): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter(lines.length + db.length * 3 + 64);
  out.text(db);
  out.text(precision);
  out.f64(nowMs);
  out.raw(lines);
  return out.bytes().slice();
}

export interface InfluxWrite {
  readonly rows: readonly PushedRow[];
  /** Lines that were refused. */
  readonly refusals: Refusals;
  /** Fields that were left out because they are text. */
  readonly skipped: number;
}

/**
 * Reads Influx lines, `measurement,tag=value field=1,other=2i 1700000000000000000`, as VictoriaMetrics maps them:
 * a field is the metric `measurement_field`, or `measurement` when it is called `value`; tags are labels. The
 * fields of a line are one row. A line that is wrong is refused alone, with its number; a `Fault` is thrown for a
 * precision that is none. Format: docs.influxdata.com, "Line protocol reference".
 */
export function decodeInflux(body: Uint8Array, newestMs: number, limits: BodyLimits): InfluxWrite {
  const reader = new ByteReader(body);
  const db = reader.text();
  const precision = reader.text();
  const nowMs = reader.f64();
  const bytes = unpackGzip(reader.raw(reader.remaining), limits.maxBodyBytes);
  const unit = timeUnit(precision);
  if (unit === undefined)
    throw new Fault(
      'malformed',
      `the precision ${JSON.stringify(precision.slice(0, 20))} is none of ns, us, ms, s, m and h`,
    );
  return new LineReader(decoder.decode(bytes), isUtf8(bytes), { db, unit, nowMs, newestMs, limits }).read();
}

interface Context {
  readonly db: string;
  readonly unit: TimeUnit;
  readonly nowMs: number;
  readonly newestMs: number;
  readonly limits: BodyLimits;
}

const TAB = 0x09;
const LINE_END = 0x0a;
const SPACE = 0x20;
const QUOTE = 0x22;
const HASH = 0x23;
const COMMA = 0x2c;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;

/** Goes over the text once; `#at` is the place of the next character. */
class LineReader {
  readonly #text: string;
  /** False: what is not UTF-8 was read as U+FFFD. */
  readonly #wellFormed: boolean;
  readonly #context: Context;
  readonly #rows: PushedRow[] = [];
  readonly #refusals = new Refusals();
  #skipped = 0;
  #at = 0;

  constructor(text: string, wellFormed: boolean, context: Context) {
    this.#text = text;
    this.#wellFormed = wellFormed;
    this.#context = context;
  }

  read(): InfluxWrite {
    for (let number = 1; this.#at < this.#text.length; number++) {
      const start = this.#at;
      this.#passBlanks();
      if (this.#peek() !== HASH && !this.#atEnd()) {
        const refused = this.#line();
        const line = number;
        if (refused !== undefined) this.#refusals.add(1, () => `line ${line}: ${refused}`);
      }
      // A text may hold ends of lines; they count.
      for (let at = start; (at = this.#text.indexOf('\n', at)) >= 0 && at < this.#at; at++) number++;
      const end = this.#text.indexOf('\n', this.#at);
      this.#at = end < 0 ? this.#text.length : end + 1;
    }
    return { rows: this.#rows, refusals: this.#refusals, skipped: this.#skipped };
  }

  /** Reads one line up to its end, or returns what is wrong with it. */
  #line(): string | undefined {
    const start = this.#at;
    const measurement = this.#word(false);
    if (measurement === '') return 'there is no measurement';
    const tags: string[] = [];
    while (this.#peek() === COMMA) {
      this.#at++;
      const name = this.#word(true);
      if (this.#peek() !== EQUALS) return `tag ${print(name)} has no value`;
      this.#at++;
      tags.push(name, this.#word(true));
      if (this.#peek() === EQUALS) return `tag ${print(name)}: an = within the value needs a \\ before it`;
    }
    const series = this.#text.slice(start, this.#at);
    const { unit, nowMs, newestMs } = this.#context;
    const fields = new Map<string, number>();
    this.#passBlanks();
    const skipped = this.#fields(fields);
    if (typeof skipped === 'string') return skipped;
    this.#passBlanks();
    const time = this.#rest();
    const atMs = time === '' ? nowMs : parseInfluxTime(time, unit);
    if (atMs === undefined) return `the timestamp ${print(time)} is no integer`;
    if (!this.#wellFormed && this.#text.slice(start, this.#at).includes('\ufffd')) return 'it is not UTF-8';
    const reason = refuseTime(atMs, newestMs) ?? this.#addRow(series, measurement, tags, fields, atMs);
    if (reason === undefined) this.#skipped += skipped;
    return reason;
  }

  /** Reads all fields and returns how many are text, or what is wrong. */
  #fields(fields: Map<string, number>): number | string {
    for (let skipped = 0; ; this.#at++) {
      const name = this.#word(true);
      if (name === '') return 'there is no field';
      if (this.#peek() !== EQUALS) return `field ${print(name)} has no value`;
      this.#at++;
      if (this.#peek() === QUOTE) {
        if (!this.#passText()) return `field ${print(name)}: the text has no closing quote`;
        skipped++;
      } else {
        const start = this.#at;
        while (!this.#atEnd() && this.#peek() !== COMMA && !isBlank(this.#peek())) this.#at++;
        const text = this.#text.slice(start, this.#at);
        const value = parseInfluxValue(text);
        if (value === undefined) return `field ${print(name)}: ${print(text)} is no value`;
        fields.set(name, value);
      }
      if (this.#peek() !== COMMA) return skipped;
    }
  }

  #addRow(
    series: string,
    measurement: string,
    tags: readonly string[],
    fields: ReadonlyMap<string, number>,
    atMs: number,
  ): string | undefined {
    const { db, limits } = this.#context;
    const seen = new Set<string>();
    for (let i = 0; i < tags.length; i += 2) {
      const name = tags[i] as string;
      if (name === '' || name === METRIC_NAME) return `a tag can't be called ${print(name)}`;
      if (seen.has(name)) return `tag ${print(name)} stands twice`;
      seen.add(name);
    }
    if (fields.size === 0) return undefined;
    const names = [...fields.keys()];
    let key = `influx ${db.length}:${db}${series.length}:${series}`;
    let longest = '';
    for (const name of names) {
      key += `${name.length}:${name}`;
      if (name.length > longest.length) longest = name;
    }
    // Fast path: too few and too short to be past a limit. Nobody asks for the labels of series that are known.
    if (tags.length / 2 + OTHER_LABELS > limits.maxLabels || key.length > limits.maxLabelLength) {
      const reason = refuseLabels(seriesOf(db, measurement, tags, longest), limits);
      if (reason !== undefined) return reason;
    }
    const list = (): Labels[] => names.map((name) => seriesOf(db, measurement, tags, name));
    this.#rows.push({ key, series: list, atMs, values: Float64Array.from(fields.values()) });
    return undefined;
  }

  /** Reads a name or a tag's value up to the sign that ends it, and takes the `\` off. */
  #word(endsAtEquals: boolean): string {
    const start = this.#at;
    let escaped = false;
    for (; this.#at < this.#text.length; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === BACKSLASH) {
        const next = this.#text.charCodeAt(this.#at + 1);
        if (!isEscapable(next)) continue;
        escaped = true;
        this.#at++;
      } else if (code === COMMA || code === SPACE || code === LINE_END || (code === EQUALS && endsAtEquals))
        break;
    }
    const word = this.#text.slice(start, this.#at);
    return escaped ? word.replace(/\\([ ,=\\])/g, '$1') : word;
  }

  /**
   * Passes over a text in quotes, in which `\"` and `\\` stand for one sign. One that does not end as a text ends
   * is not passed: it must not swallow the lines after it.
   */
  #passText(): boolean {
    for (let at = this.#at + 1; at < this.#text.length; at++) {
      const code = this.#text.charCodeAt(at);
      if (code === BACKSLASH) at++;
      else if (code === QUOTE) {
        const next = this.#text.charCodeAt(at + 1);
        const ends = at + 1 === this.#text.length || next === COMMA || next === LINE_END || isBlank(next);
        if (ends) this.#at = at + 1;
        return ends;
      }
    }
    return false;
  }

  /** What is left of the line, without blanks at its end. */
  #rest(): string {
    const start = this.#at;
    const end = this.#text.indexOf('\n', start);
    this.#at = end < 0 ? this.#text.length : end;
    return this.#text.slice(start, this.#at).trimEnd();
  }

  #passBlanks(): void {
    while (isBlank(this.#peek())) this.#at++;
  }

  /** NaN past the end of the text. */
  #peek(): number {
    return this.#text.charCodeAt(this.#at);
  }

  #atEnd(): boolean {
    return this.#at >= this.#text.length || this.#peek() === LINE_END;
  }
}

/** The metric name and db. */
const OTHER_LABELS = 2;

function seriesOf(db: string, measurement: string, tags: readonly string[], field: string): Labels {
  const record: Record<string, string> = Object.create(null);
  record['db'] = db;
  // An empty value means that there is no such tag.
  for (let i = 0; i < tags.length; i += 2)
    if (tags[i + 1] !== '') record[tags[i] as string] = tags[i + 1] as string;
  record[METRIC_NAME] = field === 'value' ? measurement : `${measurement}_${field}`;
  return labelsFrom(record);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB || code === 0x0d;
}

function isEscapable(code: number): boolean {
  return code === SPACE || code === COMMA || code === EQUALS || code === BACKSLASH;
}

function print(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}

const decoder = new TextDecoder();

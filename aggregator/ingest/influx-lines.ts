import { isUtf8 } from 'node:buffer';

import { Fault } from '../../lib/fault.ts';
import { METRIC_NAME } from '../../wire/labels.ts';
import type { Collected } from './collected.ts';
import { parseInfluxTime, parseInfluxValue, timeUnit, type TimeUnit } from './influx-value.ts';
import { parameterOf, type BodyForm } from './parameters.ts';

/**
 * Reads Influx lines, `measurement,tag=value field=1,other=2i 1700000000000000000`, as VictoriaMetrics maps them:
 * a field is the metric `measurement_field`, or `measurement` when it is called `value`; tags are labels. The
 * fields of a line are one row. A line that is wrong is refused alone, by its number. Format: docs.influxdata.com,
 * "Line protocol reference". Parameters: `precision` is the unit of times; `db` becomes a label where a line has no
 * such tag. Throws a `Fault` `bad_data` for a precision that is none.
 */
export function readInflux(
  body: Uint8Array,
  collected: Collected,
  { parameters, receivedMs }: BodyForm,
): void {
  const precision = parameterOf(parameters, 'precision');
  const unit = timeUnit(precision);
  if (unit === undefined)
    throw new Fault(
      'bad_data',
      `the precision ${JSON.stringify(precision.slice(0, 20))} is none of ns, us, ms, s, m and h`,
    );
  const context = { db: parameterOf(parameters, DB), unit, receivedMs };
  new LineReader(decoder.decode(body), isUtf8(body), collected, context).read();
}

interface Context {
  readonly db: string;
  readonly unit: TimeUnit;
  /** The time of lines without one. */
  readonly receivedMs: number;
}

/** A parameter, and the label that it becomes. */
const DB = 'db';
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
  readonly #collected: Collected;
  readonly #context: Context;
  /** Of the line that is read. */
  readonly #fields = new Map<string, number>();
  #at = 0;

  constructor(text: string, wellFormed: boolean, collected: Collected, context: Context) {
    this.#text = text;
    this.#wellFormed = wellFormed;
    this.#collected = collected;
    this.#context = context;
  }

  read(): void {
    for (let number = 1; this.#at < this.#text.length; number++) {
      const start = this.#at;
      this.#passBlanks();
      if (this.#peek() !== HASH && !this.#atEnd()) {
        const reason = this.#line();
        const line = number;
        if (reason !== undefined) this.#collected.refuse(() => `line ${line}: ${reason}`);
      }
      // A text may hold ends of lines; they count.
      for (let at = start; (at = this.#text.indexOf('\n', at)) >= 0 && at < this.#at; at++) number++;
      const end = this.#text.indexOf('\n', this.#at);
      this.#at = end < 0 ? this.#text.length : end + 1;
    }
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
    this.#passBlanks();
    const skipped = this.#readFields();
    if (typeof skipped === 'string') return skipped;
    this.#passBlanks();
    const { unit, receivedMs } = this.#context;
    const time = this.#rest();
    const atMs = time === '' ? receivedMs : parseInfluxTime(time, unit);
    if (atMs === undefined) return `the timestamp ${print(time)} is no integer`;
    if (!this.#wellFormed && this.#text.slice(start, this.#at).includes('\ufffd')) return 'it is not UTF-8';
    const reason = this.#add(series, measurement, tags, atMs);
    if (reason === undefined) this.#collected.skipped += skipped;
    return reason;
  }

  /** Reads all fields and returns how many are text, or what is wrong. */
  #readFields(): number | string {
    this.#fields.clear();
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
        this.#fields.set(name, value);
      }
      if (this.#peek() !== COMMA) return skipped;
    }
  }

  /** Takes the fields, or returns why not. `series` stands for measurement and tags. */
  #add(series: string, measurement: string, tags: readonly string[], atMs: number): string | undefined {
    const { db } = this.#context;
    const collected = this.#collected;
    const fields = this.#fields;
    const textsOf = (field: string): string[] => seriesOf(db, measurement, tags, field);
    if (collected.isTimeRefused(atMs)) {
      const [first = 'value'] = fields.keys();
      return collected.timeReason(textsOf(first), atMs);
    }
    if (fields.size === 0) return undefined;
    let key = `influx ${db.length}:${db}${series.length}:${series}`;
    for (const field of fields.keys()) key += `${field.length}:${field}`;
    let group: number | string | undefined = collected.keys.findText(key);
    if (group === undefined) {
      group = collected.groupOfList(Array.from(fields.keys(), textsOf));
      if (typeof group === 'number') collected.keys.addLast(group);
    }
    if (typeof group === 'string') return group;
    let at = collected.rows.add(group, atMs, fields.size);
    const { values } = collected.rows;
    for (const value of fields.values()) values[at++] = value;
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

/** Names and values, by turns, of the labels of a field. */
function seriesOf(db: string, measurement: string, tags: readonly string[], field: string): string[] {
  const texts = [METRIC_NAME, field === 'value' ? measurement : `${measurement}_${field}`];
  let isTold = false;
  for (let i = 0; i < tags.length; i += 2) {
    const name = tags[i] as string;
    const value = tags[i + 1] as string;
    // An empty value means that there is no such tag.
    if (name === DB && value === '') continue;
    isTold ||= name === DB;
    texts.push(name, value);
  }
  if (!isTold) texts.push(DB, db);
  return texts;
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

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** "Nov 20 09:31" */
const SYSLOG_MINUTE = /^([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d)$/;
const SYSLOG_MINUTE_CHARS = 12;

/** A clock that far ahead is taken for a wrong one: an aggregator refuses such times. */
const AHEAD_MS = 10 * 60_000;
const DAY_MS = 86_400_000;
const [DASH, COLON, DOT, COMMA, SPACE, BRACKET, PLUS] = [45, 58, 46, 44, 32, 91, 43];
const [ZERO, NINE, UPPER_A, UPPER_T, UPPER_Z] = [48, 57, 65, 84, 90];

/**
 * The time that a line begins with, in nanoseconds since the epoch, when it is one of
 *
 *   2026-11-20T09:31:02.123456789+01:00   RFC 3339, ISO 8601: `T` or a space; any fraction; a zone
 *                                         (Z, UTC, +hh:mm, +hhmm, also after a space) is a must
 *   Nov 20 09:31:02                       syslog (RFC 3164): the host's zone, the year nearest before
 *   [1795167062.123]                      seconds since the epoch, of ten digits
 *
 * The first may stand in brackets too. Nothing else is guessed, and what lies more than ten minutes ahead
 * is no time.
 */
export class LeadingTime {
  #minute = '';
  #minuteMs: number | undefined;
  #minuteReadMs = 0;

  read(line: string, nowMs: number): bigint | undefined {
    const first = line.charCodeAt(0);
    // Fast path: most lines that have no time are known by their first character.
    if (first >= ZERO && first <= NINE) return isoTime(line, 0, nowMs);
    if (first === BRACKET) return isoTime(line, 1, nowMs) ?? epochTime(line, nowMs);
    if (first >= UPPER_A && first <= UPPER_Z) return this.#syslogTime(line, nowMs);
    return undefined;
  }

  #syslogTime(line: string, nowMs: number): bigint | undefined {
    if (line.charCodeAt(3) !== SPACE || line.charCodeAt(12) !== COLON) return undefined;
    const seconds = digits(line, 13, 2);
    if (!(seconds <= 60) || isWordAt(line, 15)) return undefined;
    if (
      !line.startsWith(this.#minute) ||
      this.#minute === '' ||
      Math.abs(nowMs - this.#minuteReadMs) > 60_000
    ) {
      this.#minute = line.slice(0, SYSLOG_MINUTE_CHARS);
      this.#minuteMs = syslogMinute(this.#minute, nowMs);
      this.#minuteReadMs = nowMs;
    }
    if (this.#minuteMs === undefined) return undefined;
    return within(this.#minuteMs + seconds * 1000, 0, nowMs);
  }
}

/** Milliseconds of "Nov 20 09:31" in the host's zone, in the latest year in which that is not to come. */
function syslogMinute(text: string, nowMs: number): number | undefined {
  const [, name = '', day, hour, minute] = SYSLOG_MINUTE.exec(text) ?? [];
  const month = MONTHS.indexOf(name);
  if (month < 0 || Number(hour) > 23 || Number(minute) > 59) return undefined;
  // 29 February may lie up to eight years back.
  for (let year = new Date(nowMs + DAY_MS).getFullYear(), tries = 9; tries > 0; year--, tries--) {
    const date = new Date(year, month, Number(day), Number(hour), Number(minute));
    const exists = date.getMonth() === month && date.getDate() === Number(day);
    if (exists && date.getTime() <= nowMs + DAY_MS) return date.getTime();
  }
  return undefined;
}

function isoTime(line: string, at: number, nowMs: number): bigint | undefined {
  if (line.charCodeAt(at + 4) !== DASH || line.charCodeAt(at + 7) !== DASH) return undefined;
  if (line.charCodeAt(at + 13) !== COLON || line.charCodeAt(at + 16) !== COLON) return undefined;
  const between = line.charCodeAt(at + 10);
  if (between !== UPPER_T && between !== SPACE) return undefined;
  const [year, month, day] = [digits(line, at, 4), digits(line, at + 5, 2), digits(line, at + 8, 2)];
  const [hour, minute, second] = [
    digits(line, at + 11, 2),
    digits(line, at + 14, 2),
    digits(line, at + 17, 2),
  ];
  // Comparisons with NaN are false.
  const isDate = year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month);
  if (!isDate || !(hour <= 23 && minute <= 59 && second <= 60)) return undefined;
  const fraction = readFraction(line, at + 19);
  const zoneMinutes = readZone(line, fraction.end);
  if (zoneMinutes === undefined) return undefined;
  const seconds = Date.UTC(year, month - 1, day, hour, minute, second) - zoneMinutes * 60_000;
  return within(seconds, fraction.ns, nowMs);
}

function epochTime(line: string, nowMs: number): bigint | undefined {
  const seconds = digits(line, 1, 10);
  if (!(seconds >= 1_000_000_000)) return undefined;
  const { ns, end } = readFraction(line, 11);
  return line[end] === ']' ? within(seconds * 1000, ns, nowMs) : undefined;
}

/** Nanoseconds of `.123456`; digits past the ninth are dropped. */
function readFraction(line: string, at: number): { ns: number; end: number } {
  const mark = line.charCodeAt(at);
  if (mark !== DOT && mark !== COMMA) return { ns: 0, end: at };
  let ns = 0;
  let scale = 100_000_000;
  let end = at + 1;
  for (let code = line.charCodeAt(end); code >= ZERO && code <= NINE; code = line.charCodeAt(++end)) {
    ns += (code - ZERO) * scale;
    scale = Math.floor(scale / 10);
  }
  return end === at + 1 ? { ns: 0, end: at } : { ns, end };
}

/** Minutes east of UTC. */
function readZone(line: string, place: number): number | undefined {
  const at = line.charCodeAt(place) === SPACE ? place + 1 : place;
  const sign = line.charCodeAt(at);
  if (sign === PLUS || sign === DASH) {
    const hasColon = line.charCodeAt(at + 3) === COLON;
    const hours = digits(line, at + 1, 2);
    const minutes = digits(line, at + (hasColon ? 4 : 3), 2);
    if (!(hours <= 23 && minutes <= 59) || isWordAt(line, at + (hasColon ? 6 : 5))) return undefined;
    return (sign === DASH ? -1 : 1) * (hours * 60 + minutes);
  }
  if (sign === UPPER_Z) return isWordAt(line, at + 1) ? undefined : 0;
  return line.startsWith('UTC', at) && !isWordAt(line, at + 3) ? 0 : undefined;
}

function within(ms: number, ns: number, nowMs: number): bigint | undefined {
  return ms > nowMs + AHEAD_MS ? undefined : BigInt(ms) * 1_000_000n + BigInt(ns);
}

/** NaN when they are not all digits. */
function digits(line: string, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const code = line.charCodeAt(i);
    if (!(code >= ZERO && code <= NINE)) return Number.NaN;
    value = value * 10 + (code - ZERO);
  }
  return value;
}

function daysOf(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Is there a letter, digit or underscore: the token goes on. */
function isWordAt(line: string, at: number): boolean {
  const code = line.charCodeAt(at);
  return (code >= ZERO && code <= NINE) || (code | 32) === 95 || ((code | 32) >= 97 && (code | 32) <= 122);
}

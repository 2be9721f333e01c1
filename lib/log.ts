/**
 * The program's own log: one logfmt line an event on stderr. Levels as operators know them; ERROR only
 * where data are lost or a person is needed.
 */
export type Level = 'debug' | 'info' | 'warn' | 'error';

export type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

const LEVELS: readonly Level[] = ['debug', 'info', 'warn', 'error'];

/** A log that writes lines of at least `least` through `write`, stamped by `nowMs`. */
export function createLog(write: (line: string) => void, nowMs: () => number, least: Level = 'info'): Log {
  const at =
    (level: Level) =>
    (message: string, fields: Fields = {}): void => {
      if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return;
      let line = `ts=${new Date(nowMs()).toISOString()} level=${level} msg=${quote(message)}`;
      for (const [key, value] of Object.entries(fields)) {
        if (value !== undefined) line += ` ${key}=${quote(String(value))}`;
      }
      write(`${line}\n`);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** A log that says nothing, for tests and tools. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

function quote(text: string): string {
  return /^[\w.:/@%+,-]+$/.test(text) ? text : JSON.stringify(text);
}

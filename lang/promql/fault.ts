import { Fault } from '../../lib/fault.ts';

/** `line:column`, both counted from one, of an offset in a text. */
export function positionOf(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return `${before.split('\n').length}:${offset - lineStart + 1}`;
}

/** Text that is no PromQL; the message begins with `line:column`, as Prometheus's do. */
export function parseFault(text: string, offset: number, reason: string): Fault {
  return new Fault('bad_data', `${positionOf(text, offset)}: parse error: ${reason}`);
}

/** Valid PromQL that this version cannot evaluate: told plainly rather than answered wrongly. */
export function unsupported(what: string): Fault {
  return new Fault('execution', `not supported yet: ${what}`);
}

import { Fault } from '../fault.ts';

/** A fault in a template; the message begins with `line:column`, both counted from one. */
export function templateFault(text: string, offset: number, reason: string): Fault {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return new Fault('bad_template', `${before.split('\n').length}:${offset - lineStart + 1}: ${reason}`);
}

import { RE2JS } from 're2js';

import { Fault, reasonOf } from '../../lib/fault.ts';
import type { Matcher } from './matcher.ts';

/** A matcher made ready: a test of a value and, where the values that pass can be listed, the list. */
export interface LabelPattern {
  matches(value: string): boolean;
  readonly values?: readonly string[];
}

const LITERAL_ALTERNATIVES = /^[\w\-/:@ ]*(?:\|[\w\-/:@ ]*)*$/;

/**
 * Makes a matcher ready. Regular expressions are RE2 and match the whole value; one that is only words
 * between bars is a list. Throws a `Fault` `bad_data` when the expression is wrong.
 */
export function compileMatcher(matcher: Matcher): LabelPattern {
  const { op, value: wanted } = matcher;
  switch (op) {
    case '=':
      return { matches: (value) => value === wanted, ...(wanted !== '' && { values: [wanted] }) };
    case '!=':
      return { matches: (value) => value !== wanted };
    case '=~': {
      if (LITERAL_ALTERNATIVES.test(wanted)) {
        const values = new Set(wanted.split('|'));
        return { matches: (value) => values.has(value), ...(!values.has('') && { values: [...values] }) };
      }
      const pattern = compile(matcher);
      return { matches: (value) => pattern.test(value) };
    }
    case '!~': {
      const pattern = compile(matcher);
      return { matches: (value) => !pattern.test(value) };
    }
  }
}

function compile(matcher: Matcher): { test(value: string): boolean } {
  try {
    const pattern = RE2JS.compile(`^(?s:${matcher.value})$`);
    return { test: (value) => pattern.matcher(value).matches() };
  } catch (thrown) {
    const where = `${matcher.name}${matcher.op}${JSON.stringify(matcher.value)}`;
    throw new Fault('bad_data', `the regular expression of ${where} is wrong: ${reasonOf(thrown)}`);
  }
}

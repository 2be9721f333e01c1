import { RE2JS } from 're2js';

import type { Matcher } from './ast.ts';

/** Would a series without the label pass? A selector of such matchers alone would ask for everything. */
export function matchesEmpty(matcher: Matcher, malformed: (reason: string) => void): boolean {
  switch (matcher.op) {
    case '=':
      return matcher.value === '';
    case '!=':
      return matcher.value !== '';
    case '=~':
    case '!~': {
      const matches = compile(matcher.value, malformed)?.matches('') ?? false;
      return matches === (matcher.op === '=~');
    }
  }
}

function compile(pattern: string, malformed: (reason: string) => void): RE2JS | undefined {
  try {
    return RE2JS.compile(pattern, RE2JS.DOTALL);
  } catch (error) {
    malformed((error instanceof Error ? error.message : String(error)).replace('`(?s)', '`'));
    return undefined;
  }
}

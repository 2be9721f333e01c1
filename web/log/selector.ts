/** One condition on a label. */
export interface LabelMatch {
  readonly name: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

const MATCH = /\s*([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*")\s*(?:,|$)/y;

/** The conditions of `{a="b", c=~"d.*"}`, with or without braces; null when it is written in another way. */
export function parseSelector(text: string): LabelMatch[] | null {
  const inner = /^\s*\{([^]*)\}\s*$/.exec(text)?.[1] ?? text;
  const matches: LabelMatch[] = [];
  MATCH.lastIndex = 0;
  while (inner.slice(MATCH.lastIndex).trim() !== '') {
    const found = MATCH.exec(inner);
    if (!found) return null;
    const [, name, operator, quoted] = found as unknown as [string, string, LabelMatch['operator'], string];
    const value = unquote(quoted);
    if (value === null) return null;
    matches.push({ name, operator, value });
  }
  return matches;
}

/** Prints conditions so that they are read back as they are; none is the empty text. */
export function printSelector(matches: readonly LabelMatch[]): string {
  if (matches.length === 0) return '';
  return `{${matches.map(({ name, operator, value }) => `${name}${operator}${JSON.stringify(value)}`).join(', ')}}`;
}

/**
 * The selector with one more condition. An equality takes the place of another one of the same label, which
 * would leave nothing; what cannot be read is replaced whole.
 */
export function withMatch(selector: string, match: LabelMatch): string {
  const matches = (parseSelector(selector) ?? []).filter(
    ({ name, operator, value }) =>
      name !== match.name || (match.operator !== '=' && operator !== '=' && value !== match.value),
  );
  return printSelector([...matches, match]);
}

function unquote(quoted: string): string | null {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return null;
  }
}

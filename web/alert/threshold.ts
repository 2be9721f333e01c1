/** A rule of the shape "this is above that", taken apart so that both can be drawn. */
export interface Threshold {
  /** PromQL of what is measured. */
  readonly measured: string;
  readonly operator: string;
  readonly limit: number;
}

const TOKEN =
  /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|#[^\n]*|[([{]|[)\]}]|[=!]~|[<>=!]=|[<>]|[a-zA-Z_:][\w:]*|[^]/gy;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const SETS = new Set(['and', 'or', 'unless']);
const COMPARISONS = new Set(['<', '>', '<=', '>=', '==', '!=']);

/**
 * Takes an expression apart whose outermost operator compares with a number, such as `rate(x[5m]) > 0.8`; null for
 * all others. Comparisons bind looser than arithmetic and tighter than `and`, `or`, `unless`, so that one outside
 * of all brackets, without those words there, is the outermost.
 */
export function thresholdOf(query: string): Threshold | null {
  let depth = 0;
  let found: { at: number; operator: string } | null = null;
  for (const { 0: token, index } of query.matchAll(TOKEN)) {
    if (token === '(' || token === '[' || token === '{') depth++;
    else if (token === ')' || token === ']' || token === '}') depth--;
    else if (depth > 0) continue;
    else if (SETS.has(token.toLowerCase())) return null;
    else if (COMPARISONS.has(token)) {
      if (found) return null;
      found = { at: index, operator: token };
    }
  }
  if (!found) return null;
  const limit = query.slice(found.at + found.operator.length).trim();
  const measured = query.slice(0, found.at).trim();
  if (!NUMBER.test(limit) || measured === '') return null;
  return { measured, operator: found.operator, limit: Number(limit) };
}

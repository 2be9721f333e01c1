/** The word that is being written, and where it stands in the text. */
export interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** As many as one looks through; the rest comes with the next letter. */
const MAX_OFFERED = 12;

/** Functions and aggregations, offered beside metric names. */
const FUNCTIONS = [
  'abs avg avg_over_time bottomk ceil changes clamp_max clamp_min count count_over_time delta deriv floor',
  'histogram_quantile idelta increase irate label_join label_replace last_over_time ln log10 log2 max max_over_time',
  'min min_over_time predict_linear quantile quantile_over_time rate resets round scalar sort sort_desc sqrt stddev',
  'stddev_over_time sum sum_over_time time timestamp topk vector',
].flatMap((line) => line.split(' '));

/** The name in front of the caret; null within strings, braces and brackets, where no metric name stands. */
export function wordAt(text: string, caret: number): Word | null {
  const before = text.slice(0, caret);
  if (isInside(before)) return null;
  const start = caret - (/[a-zA-Z_:][\w:]*$/.exec(before)?.[0].length ?? 0);
  if (start === caret || /[\d.]/.test(before.charAt(start - 1))) return null;
  return { text: text.slice(start, caret), start, end: caret };
}

/** Names that begin with the word, then those that have it elsewhere; never the word itself alone. */
export function offer(word: string, metrics: readonly string[]): string[] {
  const lower = word.toLowerCase();
  const begins: string[] = [];
  const contains: string[] = [];
  for (const name of [...FUNCTIONS, ...metrics]) {
    const at = name.toLowerCase().indexOf(lower);
    if (at === 0) begins.push(name);
    else if (at > 0 && lower.length > 1) contains.push(name);
    if (begins.length >= MAX_OFFERED) break;
  }
  const offered = [...begins, ...contains].slice(0, MAX_OFFERED);
  return offered.length === 1 && offered[0] === word ? [] : offered;
}

/** The text with the word replaced by a name, and the caret behind it. */
export function complete(text: string, word: Word, name: string): { text: string; caret: number } {
  return { text: text.slice(0, word.start) + name + text.slice(word.end), caret: word.start + name.length };
}

function isInside(before: string): boolean {
  const bare = before.replaceAll(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`/g, '');
  if (/["'`]/.test(bare)) return true;
  return bare.lastIndexOf('{') > bare.lastIndexOf('}') || bare.lastIndexOf('[') > bare.lastIndexOf(']');
}

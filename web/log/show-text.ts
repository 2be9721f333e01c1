/** A line longer than this is cut until somebody asks for all of it. */
export const CUT_CHARS = 4096;

/** SGR of ECMA-48: what programs colour their lines with. */
// oxlint-disable-next-line no-control-regex -- control characters are what this is about
const COLOURS = /\u001b\[[\d;:]*m/g;
/** Controls other than tab and line end, and the marks that turn the order of writing (Unicode UAX #9). */
const INVISIBLE = /(?![\t\n])\p{Cc}|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

/**
 * The text of a line as it can be shown: what cannot be seen, or would change the order of what is seen, becomes
 * a sign that can. Colours of a terminal fall away unless `exact`.
 */
export function visibleText(text: string, exact: boolean): string {
  const plain = exact ? text : text.replaceAll(COLOURS, '');
  return plain.replaceAll(INVISIBLE, (character) => {
    const code = character.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    if (code === 0x7f) return '\u2421';
    return `\u27e8U+${code.toString(16).toUpperCase().padStart(4, '0')}\u27e9`;
  });
}

/** The first characters of a text, whole characters only. */
export function cutText(text: string, maxChars = CUT_CHARS): string {
  if (text.length <= maxChars) return text;
  const last = text.charCodeAt(maxChars - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? maxChars - 1 : maxChars);
}

/** A piece of a text; `hit` when it is what was looked for. */
export interface Piece {
  readonly text: string;
  readonly hit: boolean;
}

/** Cuts a text at the places where `needle` stands. */
export function splitAtHits(text: string, needle: string, ignoreCase: boolean): Piece[] {
  if (needle === '') return [{ text, hit: false }];
  // Only when it keeps the places: a few letters get longer in lower case.
  const lower = ignoreCase ? text.toLowerCase() : text;
  const searched = lower.length === text.length ? lower : text;
  const wanted = searched === text ? needle : needle.toLowerCase();
  const pieces: Piece[] = [];
  let from = 0;
  for (let at = searched.indexOf(wanted); at !== -1; at = searched.indexOf(wanted, from)) {
    if (at > from) pieces.push({ text: text.slice(from, at), hit: false });
    from = at + wanted.length;
    pieces.push({ text: text.slice(at, from), hit: true });
  }
  if (from < text.length) pieces.push({ text: text.slice(from), hit: false });
  return pieces;
}

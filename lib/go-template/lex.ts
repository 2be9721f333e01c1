import { templateFault } from './template-fault.ts';

export type TokenKind =
  | 'text'
  | 'open'
  | 'close'
  | 'space'
  | 'string'
  | 'char'
  | 'number'
  | 'field'
  | 'variable'
  | 'word'
  | 'punctuation';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly at: number;
}

const COMMENT = /\/\*[^]*?\*\//y;

/** What stands between the braces; spaces count, as `$x .y` are two operands and `$x.y` is one. */
const INSIDE: readonly [TokenKind, RegExp][] = [
  ['space', /[ \t\r\n]+/y],
  ['string', /"(?:[^"\\\n]|\\.)*"|`[^`]*`/y],
  ['char', /'(?:[^'\\\n]|\\.)+'/y],
  [
    'number',
    /[+-]?(?:0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?!\w)/y,
  ],
  ['field', /\.[\p{L}_][\p{L}\p{Nd}_]*/uy],
  ['variable', /\$[\p{L}\p{Nd}_]*/uy],
  ['word', /[\p{L}_][\p{L}\p{Nd}_]*/uy],
  ['punctuation', /:=|[()|,=.]/y],
];

/** Splits a template into its tokens; `{{-` and `-}}` take the white space around them away. Throws a Fault. */
export function lex(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let trim = false;
  for (;;) {
    const open = text.indexOf('{{', at);
    const end = open < 0 ? text.length : open;
    const trimsLeft = open >= 0 && /^-[ \t\r\n]/.test(text.slice(open + 2, open + 4));
    let piece = text.slice(at, end);
    if (trim) piece = piece.trimStart();
    if (trimsLeft) piece = piece.trimEnd();
    if (piece !== '') tokens.push({ kind: 'text', text: piece, at });
    if (open < 0) return tokens;
    ({ at, trim } = lexAction(text, open, open + (trimsLeft ? 3 : 2), tokens));
  }
}

function lexAction(text: string, open: number, from: number, tokens: Token[]): { at: number; trim: boolean } {
  const comment = /^[ \t\r\n]?\/\*/.test(text.slice(from, from + 3));
  if (comment) return skipComment(text, open, text.indexOf('/*', from));
  tokens.push({ kind: 'open', text: '{{', at: open });
  for (let at = from; ;) {
    const close = /^(?:[ \t\r\n]-)?\}\}/.exec(text.slice(at, at + 4));
    if (close) {
      tokens.push({ kind: 'close', text: '}}', at });
      return { at: at + close[0].length, trim: close[0].length > 2 };
    }
    if (at >= text.length) throw templateFault(text, open, 'the action is not closed: }} is missing');
    const token = tokenAt(text, at);
    if (token.kind === 'space' && /^[ \t\r\n]-\}\}/.test(text.slice(at + token.text.length - 1))) {
      at += token.text.length - 1;
      if (token.text.length > 1) continue;
    }
    tokens.push(token);
    at += token.text.length;
  }
}

function tokenAt(text: string, at: number): Token {
  for (const [kind, pattern] of INSIDE) {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) return { kind, text: found, at };
  }
  const char = String.fromCodePoint(text.codePointAt(at) as number);
  const reason = /["'`]/.test(char)
    ? 'a quote is not closed'
    : `unexpected ${JSON.stringify(char)} in an action`;
  throw templateFault(text, at, reason);
}

function skipComment(text: string, open: number, at: number): { at: number; trim: boolean } {
  COMMENT.lastIndex = at;
  const comment = COMMENT.exec(text);
  if (comment === null) throw templateFault(text, open, 'the comment is not closed: */ is missing');
  const end = at + comment[0].length;
  const close = /^(?:[ \t\r\n]-)?\}\}/.exec(text.slice(end, end + 4))?.[0];
  if (close === undefined) throw templateFault(text, open, 'a comment must be alone in its action');
  return { at: end + close.length, trim: close.length > 2 };
}

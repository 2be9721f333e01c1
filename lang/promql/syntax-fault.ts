import type { SyntaxNode, Tree } from '@lezer/common';

import type { Fault } from '../../lib/fault.ts';
import { parseFault } from './fault.ts';

/** The first place where the text leaves the grammar; the parser itself repairs and goes on. */
export function syntaxFault(text: string, tree: Tree): Fault | undefined {
  let error: SyntaxNode | undefined;
  tree.iterate({
    enter: (node) => {
      if (node.type.isError && (error === undefined || node.from < error.from)) error = node.node;
      return error === undefined;
    },
  });
  if (error === undefined) return undefined;
  const at = skipSpace(text, error.from);
  const called = error.prevSibling;
  if (text[at] === '(' && called?.name === 'Identifier') {
    const name = text.slice(called.from, called.to);
    return parseFault(text, called.from, `unknown function with name "${name}"`);
  }
  if (at >= text.length) return parseFault(text, text.length, 'unexpected end of input');
  return parseFault(text, at, `unexpected ${tokenAt(text, at)}`);
}

function skipSpace(text: string, offset: number): number {
  return text.length - text.slice(offset).trimStart().length;
}

function tokenAt(text: string, at: number): string {
  const rest = text.slice(at, at + 60);
  const word = /^[A-Za-z_:][\w:]*/.exec(rest);
  if (word !== null) return `identifier "${word[0]}"`;
  const number = /^[\d.][\w.]*/.exec(rest);
  if (number !== null) return `number "${number[0]}"`;
  if (/^["'`]/.test(rest)) return `string ${rest.split('\n')[0]}`;
  const operator = /^([=!<>]=|[=!]~|.)/u.exec(rest);
  return `"${operator?.[0] ?? rest[0]}"`;
}

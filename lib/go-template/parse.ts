import type { Command, Node, Operand, Pipeline, Template } from './ast.ts';
import { lex, type Token } from './lex.ts';
import { readNumber, unquote } from './literal.ts';
import { templateFault } from './template-fault.ts';

/** Deeper nesting would end in a stack overflow instead of a fault. */
const MAX_DEPTH = 100;
const MAX_CHARS = 64 * 1024;

interface ParseOptions {
  /** Names of the functions that there are. */
  readonly functions: { has(name: string): boolean };
  /** Variables that there are from the start, with their `$`. */
  readonly variables: readonly string[];
}

/**
 * Reads a template of Go's text/template. Throws a Fault `bad_template` with line and column for what is
 * malformed, and for functions and variables that don't exist.
 */
export function parseTemplate(text: string, options: ParseOptions): Template {
  if (text.length > MAX_CHARS) {
    throw templateFault(text, 0, `the template has ${text.length} characters, ${MAX_CHARS} are the limit`);
  }
  return new Parser(text, options).template();
}

const END_OF_TEXT: Token = { kind: 'text', text: '', at: -1 };
const ENDS = new Set(['end', 'else']);

class Parser {
  readonly #text: string;
  readonly #options: ParseOptions;
  readonly #tokens: readonly Token[];
  readonly #defined = new Map<string, readonly Node[]>();
  #variables: string[];
  #next = 0;
  #depth = 0;
  #loops = 0;

  constructor(text: string, options: ParseOptions) {
    this.#text = text;
    this.#options = options;
    this.#tokens = lex(text);
    this.#variables = ['$', ...options.variables];
  }

  template(): Template {
    const body = this.#nodes();
    if (this.#next < this.#tokens.length) throw this.#fault(`unexpected {{${this.#peekWord()}}}`);
    return { text: this.#text, body, defined: this.#defined };
  }

  /** Nodes up to the end or to an `{{end}}` or `{{else}}`, which is left. */
  #nodes(): Node[] {
    const nodes: Node[] = [];
    while (this.#next < this.#tokens.length) {
      const token = this.#peek();
      if (token.kind === 'text') {
        nodes.push({ kind: 'text', text: token.text, at: token.at });
        this.#next++;
      } else if (ENDS.has(this.#peekWord())) break;
      else {
        const node = this.#action();
        if (node !== undefined) nodes.push(node);
      }
    }
    return nodes;
  }

  #action(): Node | undefined {
    const word = this.#peekWord();
    const { at } = this.#peek();
    this.#next++;
    this.#skipSpace();
    switch (word) {
      case 'if':
      case 'with':
      case 'range':
        this.#next++;
        return this.#control(word, at);
      case 'define':
      case 'block':
        this.#next++;
        return this.#define(word, at);
      case 'template': {
        this.#next++;
        const name = this.#name();
        const given = this.#peek().kind !== 'close';
        return { kind: 'template', name, pipeline: given ? this.#pipeline('close') : this.#closed(), at };
      }
      case 'break':
      case 'continue':
        this.#next++;
        if (this.#loops === 0) throw this.#fault(`{{${word}}} outside of {{range}}`, at);
        this.#skipSpace();
        this.#close();
        return { kind: word, at };
      default:
        return { kind: 'print', pipeline: this.#pipeline('close'), at };
    }
  }

  #control(kind: 'if' | 'with' | 'range', at: number): Node {
    this.#enter(at);
    const outer = this.#variables.length;
    const pipeline = this.#pipeline('close', kind === 'range' ? 2 : 1);
    if (kind === 'range') this.#loops++;
    const body = this.#nodes();
    if (kind === 'range') this.#loops--;
    const otherwise = this.#otherwise(kind, at);
    this.#variables.length = outer;
    this.#depth--;
    return { kind, pipeline, body, otherwise, at };
  }

  /** What stands behind `{{else}}`; `{{else if x}}` is an `if` within that shares the `{{end}}`. */
  #otherwise(kind: 'if' | 'with' | 'range', at: number): Node[] {
    const ending = this.#ending(at);
    if (ending === 'end') return [];
    this.#skipSpace();
    const token = this.#peek();
    if (token.text === kind && kind !== 'range') {
      this.#next++;
      return [this.#control(kind, token.at)];
    }
    this.#close();
    const nodes = this.#nodes();
    if (this.#ending(at) !== 'end') throw this.#fault('expected {{end}}, found a second {{else}}', at);
    return nodes;
  }

  /** Reads `{{end}}` whole, or `{{else`. */
  #ending(at: number): string {
    if (this.#next >= this.#tokens.length) throw this.#fault('{{end}} is missing', at);
    const word = this.#peekWord();
    this.#next++;
    this.#skipSpace();
    this.#next++;
    if (word === 'end') {
      this.#skipSpace();
      this.#close();
    }
    return word;
  }

  #define(kind: 'define' | 'block', at: number): Node | undefined {
    if (kind === 'define' && this.#depth > 0)
      throw this.#fault('unexpected {{define}} within another action', at);
    const name = this.#name();
    const pipeline = kind === 'block' ? this.#pipeline('close') : this.#closed();
    const { variables, loops } = { variables: this.#variables, loops: this.#loops };
    // A template sees its own dot alone.
    this.#variables = ['$'];
    this.#loops = 0;
    this.#enter(at);
    const body = this.#nodes();
    if (this.#ending(at) !== 'end') throw this.#fault(`unexpected {{else}} in {{${kind}}}`, at);
    this.#depth--;
    this.#variables = variables;
    this.#loops = loops;
    this.#defined.set(name, body);
    return kind === 'block' ? { kind: 'template', name, pipeline, at } : undefined;
  }

  #name(): string {
    this.#skipSpace();
    const token = this.#take();
    const name = token.kind === 'string' ? unquote(token.text) : undefined;
    if (name === undefined) throw this.#fault('expected the name of a template in quotes', token.at);
    this.#skipSpace();
    return name;
  }

  #closed(): undefined {
    this.#close();
  }

  #pipeline(end: 'close' | ')', mostVariables = 1): Pipeline {
    this.#skipSpace();
    const { at } = this.#peek();
    const { variables, assigns } = this.#declaration(mostVariables);
    const commands: Command[] = [];
    for (;;) {
      const command = this.#command();
      const [first] = command.operands;
      if (commands.length > 0 && first?.kind === 'constant') {
        throw this.#fault('what follows a | must be a function', command.at);
      }
      commands.push(command);
      const token = this.#take();
      if (token.text === '|' && token.kind === 'punctuation') continue;
      if (end === 'close' ? token.kind === 'close' : token.text === ')') break;
      throw this.#fault(`unexpected ${describe(token)}`, token.at);
    }
    const [only] = commands;
    if (commands.length === 1 && only?.operands.length === 1 && isNil(only.operands[0])) {
      throw this.#fault('nil is not a command', at);
    }
    // Known from here on, not in the pipeline itself.
    if (!assigns) this.#variables.push(...variables);
    return { variables, assigns, commands, at };
  }

  #declaration(most: number): Pick<Pipeline, 'variables' | 'assigns'> {
    const start = this.#next;
    const variables: string[] = [];
    while (this.#peek().kind === 'variable') {
      const { text, at } = this.#take();
      variables.push(text);
      this.#skipSpace();
      const sign = this.#peek().text;
      if (sign === ',' && variables.length < most) {
        this.#next++;
        this.#skipSpace();
      } else if (sign === ':=' || sign === '=') {
        const unknown = sign === '=' && variables.find((name) => !this.#variables.includes(name));
        if (unknown) throw this.#fault(`undefined variable "${unknown}"`, at);
        this.#next++;
        return { variables, assigns: sign === '=' };
      } else break;
    }
    this.#next = start;
    return { variables: [], assigns: false };
  }

  #command(): Command {
    this.#skipSpace();
    const { at } = this.#peek();
    const operands: Operand[] = [];
    for (let operand = this.#operand(); operand !== undefined; operand = this.#operand()) {
      operands.push(operand);
      const { kind, text } = this.#peek();
      if (kind === 'space') this.#skipSpace();
      else if (kind !== 'close' && text !== '|' && text !== ')') {
        throw this.#fault(`unexpected ${describe(this.#peek())}`);
      }
    }
    if (operands.length === 0) throw this.#fault('a value is missing', at);
    const [first] = operands;
    const takes = first?.kind === 'function' || first?.kind === 'field';
    if (operands.length > 1 && !takes) throw this.#fault("can't give arguments to what is no function", at);
    return { operands, at };
  }

  #operand(): Operand | undefined {
    let operand = this.#term();
    if (operand === undefined) return undefined;
    while (this.#peek().kind === 'field') {
      const { text, at } = this.#take();
      if (operand.kind === 'constant') throw this.#fault(`unexpected ${text} after a constant`, at);
      operand = { kind: 'field', of: operand, name: text.slice(1), at: operand.at };
    }
    return operand;
  }

  #term(): Operand | undefined {
    const { kind, text, at } = this.#peek();
    if (kind === 'field') return { kind: 'dot', at };
    if (kind === 'string' || kind === 'char' || kind === 'number') {
      this.#next++;
      return { kind: 'constant', value: this.#constant(kind, text, at), at };
    }
    if (kind === 'variable') {
      this.#next++;
      if (!this.#variables.includes(text)) throw this.#fault(`undefined variable "${text}"`, at);
      return { kind: 'variable', name: text, at };
    }
    if (kind === 'word') {
      this.#next++;
      return this.#word(text, at);
    }
    if (kind !== 'punctuation' || (text !== '.' && text !== '(')) return undefined;
    this.#next++;
    if (text === '.') return { kind: 'dot', at };
    this.#enter(at);
    const pipeline = this.#pipeline(')');
    this.#depth--;
    return { kind: 'pipeline', pipeline, at };
  }

  #word(text: string, at: number): Operand {
    if (text === 'true' || text === 'false') return { kind: 'constant', value: text === 'true', at };
    if (text === 'nil') return { kind: 'constant', value: null, at };
    if (!this.#options.functions.has(text)) throw this.#fault(`function "${text}" not defined`, at);
    return { kind: 'function', name: text, at };
  }

  #constant(kind: 'string' | 'char' | 'number', text: string, at: number): string | number | bigint {
    if (kind === 'number') {
      const value = readNumber(text);
      if (value === undefined) throw this.#fault(`bad number ${text}`, at);
      return value;
    }
    const value = unquote(text);
    if (value === undefined) throw this.#fault(`bad escape in ${text}`, at);
    if (kind === 'string') return value;
    const code = value.codePointAt(0) as number;
    if (String.fromCodePoint(code) !== value) throw this.#fault(`${text} is not one character`, at);
    return BigInt(code);
  }

  #enter(at: number): void {
    if (++this.#depth > MAX_DEPTH) throw this.#fault(`nested deeper than ${MAX_DEPTH}`, at);
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? END_OF_TEXT;
  }

  #take(): Token {
    const token = this.#peek();
    this.#next++;
    return token;
  }

  /** The first word of the action that begins here. */
  #peekWord(): string {
    const first = this.#tokens[this.#next + 1];
    const token = first?.kind === 'space' ? this.#tokens[this.#next + 2] : first;
    return token?.kind === 'word' ? token.text : '';
  }

  #skipSpace(): void {
    while (this.#peek().kind === 'space') this.#next++;
  }

  #close(): void {
    this.#skipSpace();
    const token = this.#take();
    if (token.kind !== 'close') throw this.#fault(`unexpected ${describe(token)}`, token.at);
  }

  #fault(reason: string, at = this.#peek().at): Error {
    return templateFault(this.#text, at < 0 ? this.#text.length : at, reason);
  }
}

function isNil(operand: Operand | undefined): boolean {
  return operand?.kind === 'constant' && operand.value === null;
}

function describe({ kind, text }: Token): string {
  return kind === 'close' ? 'end of the action' : JSON.stringify(text.slice(0, 40));
}

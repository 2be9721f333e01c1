import { Fault, reasonOf } from '../fault.ts';
import type { Command, Node, Operand, Pipeline, Template } from './ast.ts';
import { templateFault } from './template-fault.ts';
import { formatValue, isList, isMap, isTrue, kindOf, sorted, Struct, type Value } from './value.ts';

/** A function that templates may call; a Fault says what is wrong with its arguments. */
export interface TemplateFunction {
  readonly least: number;
  readonly most: number;
  run(args: readonly Value[]): Value;
}

export type Functions = ReadonlyMap<string, TemplateFunction>;

export interface ExpandOptions {
  readonly functions: Functions;
  /** The dot. */
  readonly data: Value;
  /** By name with its `$`. */
  readonly variables: Readonly<Record<string, Value>>;
}

/** Nodes visited and operands looked at, characters written, and templates within templates. */
const MAX_STEPS = 100_000;
const MAX_CHARS = 256 * 1024;
const MAX_DEPTH = 100;

/**
 * The text that a template gives. Throws a Fault `bad_template` with line and column for what goes wrong, also
 * when it takes too many steps, nests too deep or writes too much. What a function throws that is no Fault is
 * handed through.
 */
export function expandTemplate(template: Template, options: ExpandOptions): string {
  return new Evaluator(template, options).text();
}

interface Variable {
  readonly name: string;
  value: Value;
}

type Leaving = 'break' | 'continue' | undefined;

class Evaluator {
  readonly #template: Template;
  readonly #options: ExpandOptions;
  #variables: Variable[];
  #output = '';
  #steps = 0;
  #depth = 0;

  constructor(template: Template, options: ExpandOptions) {
    this.#template = template;
    this.#options = options;
    const given = Object.entries(options.variables).map(([name, value]) => ({ name, value }));
    this.#variables = [{ name: '$', value: options.data }, ...given];
  }

  text(): string {
    this.#nodes(this.#template.body, this.#options.data);
    return this.#output;
  }

  #nodes(nodes: readonly Node[], dot: Value): Leaving {
    for (const node of nodes) {
      const leaving = this.#node(node, dot);
      if (leaving !== undefined) return leaving;
    }
    return undefined;
  }

  #node(node: Node, dot: Value): Leaving {
    this.#step(node.at);
    switch (node.kind) {
      case 'text':
        this.#write(node.text, node.at);
        return undefined;
      case 'print': {
        const value = this.#pipeline(node.pipeline, dot);
        if (node.pipeline.variables.length === 0) this.#write(formatValue(value), node.at);
        return undefined;
      }
      case 'if':
      case 'with': {
        const outer = this.#variables.length;
        const value = this.#pipeline(node.pipeline, dot);
        const inner = node.kind === 'with' && isTrue(value) ? value : dot;
        const leaving = this.#nodes(isTrue(value) ? node.body : node.otherwise, inner);
        this.#variables.length = outer;
        return leaving;
      }
      case 'range':
        return this.#range(node, dot);
      case 'template':
        this.#call(
          node.name,
          node.pipeline === undefined ? null : this.#pipeline(node.pipeline, dot),
          node.at,
        );
        return undefined;
      case 'break':
      case 'continue':
        return node.kind;
    }
  }

  #range(node: Extract<Node, { kind: 'if' | 'with' | 'range' }>, dot: Value): Leaving {
    const outer = this.#variables.length;
    const { variables, assigns } = node.pipeline;
    const value = this.#pipeline({ ...node.pipeline, variables: [] }, dot);
    const items = this.#items(value, node.pipeline.at);
    for (const [key, item] of items) {
      this.#step(node.at);
      const values = variables.length === 2 ? [key, item] : [item];
      this.#variables.length = outer;
      for (const [i, name] of variables.entries()) this.#bind(name, values[i] as Value, assigns);
      if (this.#nodes(node.body, item) === 'break') break;
    }
    this.#variables.length = outer;
    return items.length === 0 ? this.#nodes(node.otherwise, dot) : undefined;
  }

  #items(value: Value, at: number): readonly (readonly [Value, Value])[] {
    if (value === null) return [];
    if (isList(value)) return value.map((item, i) => [BigInt(i), item] as const);
    if (isMap(value)) return sorted(value);
    throw this.#fault(at, `range can't iterate over ${formatValue(value)}`);
  }

  #call(name: string, dot: Value, at: number): void {
    const nodes = this.#template.defined.get(name);
    if (nodes === undefined) throw this.#fault(at, `template ${JSON.stringify(name)} not defined`);
    if (++this.#depth > MAX_DEPTH)
      throw this.#fault(at, `more than ${MAX_DEPTH} templates within each other`);
    const variables = this.#variables;
    this.#variables = [{ name: '$', value: dot }];
    this.#nodes(nodes, dot);
    this.#variables = variables;
    this.#depth--;
  }

  #pipeline(pipeline: Pipeline, dot: Value): Value {
    let value: Value | undefined;
    for (const command of pipeline.commands) value = this.#command(command, dot, value);
    const result = value as Value;
    for (const name of pipeline.variables) this.#bind(name, result, pipeline.assigns);
    return result;
  }

  #bind(name: string, value: Value, assigns: boolean): void {
    const known = assigns ? this.#variables.findLast((variable) => variable.name === name) : undefined;
    if (known === undefined) this.#variables.push({ name, value });
    else known.value = value;
  }

  #command(command: Command, dot: Value, piped: Value | undefined): Value {
    const [first, ...rest] = command.operands as [Operand, ...Operand[]];
    if (first.kind === 'function') return this.#invoke(first.name, rest, first.at, dot, piped);
    if (rest.length > 0 || piped !== undefined)
      throw this.#fault(first.at, 'is no function, and takes no arguments');
    return this.#operand(first, dot);
  }

  #operand(operand: Operand, dot: Value): Value {
    this.#step(operand.at);
    switch (operand.kind) {
      case 'constant':
        return operand.value;
      case 'dot':
        return dot;
      case 'variable': {
        const variable = this.#variables.findLast(({ name }) => name === operand.name);
        if (variable === undefined)
          throw new Error(`BUG: template variable ${operand.name} passed the parser`);
        return variable.value;
      }
      case 'function':
        return this.#invoke(operand.name, [], operand.at, dot, undefined);
      case 'pipeline':
        return this.#pipeline(operand.pipeline, dot);
      case 'field':
        return this.#field(this.#operand(operand.of, dot), operand.name, operand.at);
    }
  }

  #field(of: Value, name: string, at: number): Value {
    if (isMap(of)) return of.get(name) ?? '';
    const value = of instanceof Struct ? of.fields.get(name) : undefined;
    if (value === undefined) throw this.#fault(at, `can't evaluate field ${name} in type ${kindOf(of)}`);
    return value;
  }

  #invoke(
    name: string,
    operands: readonly Operand[],
    at: number,
    dot: Value,
    piped: Value | undefined,
  ): Value {
    const called = this.#options.functions.get(name);
    if (called === undefined) throw new Error(`BUG: template function ${name} passed the parser`);
    const count = operands.length + (piped === undefined ? 0 : 1);
    if (count < called.least || count > called.most) {
      const wanted = called.least === called.most ? called.least : `at least ${called.least}`;
      throw this.#fault(at, `wrong number of args for ${name}: want ${wanted} got ${count}`);
    }
    if (name === 'and' || name === 'or') return this.#logic(name, operands, dot, piped);
    const args = operands.map((operand) => this.#operand(operand, dot));
    if (piped !== undefined) args.push(piped);
    try {
      const value = called.run(args);
      if (typeof value === 'string') this.#checkLength(value.length, at);
      return value;
    } catch (thrown) {
      if (!(thrown instanceof Fault) || thrown.code === 'bad_template') throw thrown;
      throw this.#fault(at, `error calling ${name}: ${reasonOf(thrown)}`);
    }
  }

  /** Arguments behind the one that decides are not looked at. */
  #logic(name: 'and' | 'or', operands: readonly Operand[], dot: Value, piped: Value | undefined): Value {
    let value: Value = null;
    for (const operand of operands) {
      value = this.#operand(operand, dot);
      if (isTrue(value) === (name === 'or')) return value;
    }
    return piped ?? value;
  }

  #step(at: number): void {
    if (++this.#steps > MAX_STEPS) throw this.#fault(at, `more than ${MAX_STEPS} steps`);
  }

  #write(text: string, at: number): void {
    this.#checkLength(this.#output.length + text.length, at);
    this.#output += text;
  }

  #checkLength(chars: number, at: number): void {
    if (chars > MAX_CHARS) throw this.#fault(at, `the text is longer than ${MAX_CHARS} characters`);
  }

  #fault(at: number, reason: string): Fault {
    return templateFault(this.#template.text, at, reason);
  }
}

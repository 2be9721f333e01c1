import type { Value } from './value.ts';

/** Where in the text a node begins. */
interface At {
  readonly at: number;
}

/** A constant, or a place to take a value from: the dot, a variable, a function's result, a pipeline in parentheses. */
export type Operand =
  | (At & { readonly kind: 'constant'; readonly value: Value })
  | (At & { readonly kind: 'dot' })
  | (At & { readonly kind: 'variable'; readonly name: string })
  | (At & { readonly kind: 'function'; readonly name: string })
  | (At & { readonly kind: 'pipeline'; readonly pipeline: Pipeline })
  | (At & { readonly kind: 'field'; readonly of: Operand; readonly name: string });

/** A function with its arguments, or one operand alone. */
export interface Command extends At {
  readonly operands: readonly Operand[];
}

export interface Pipeline extends At {
  /** Variables that get the value: one, or in `range` also the key before it. */
  readonly variables: readonly string[];
  /** `=` sets a variable that is there already, `:=` makes one. */
  readonly assigns: boolean;
  /** Each gets the value of the one before as its last argument. */
  readonly commands: readonly Command[];
}

export type Node =
  | (At & { readonly kind: 'text'; readonly text: string })
  | (At & { readonly kind: 'print'; readonly pipeline: Pipeline })
  | (At & {
      readonly kind: 'if' | 'with' | 'range';
      readonly pipeline: Pipeline;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    })
  | (At & { readonly kind: 'template'; readonly name: string; readonly pipeline: Pipeline | undefined })
  | (At & { readonly kind: 'break' | 'continue' });

export interface Template {
  readonly text: string;
  readonly body: readonly Node[];
  /** What `define` and `block` have named. */
  readonly defined: ReadonlyMap<string, readonly Node[]>;
}

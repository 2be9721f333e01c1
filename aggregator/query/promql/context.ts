import type { Expr } from '../../../lang/promql/ast.ts';
import { Fault } from '../../../lib/fault.ts';
import type { Labels } from '../../../wire/labels.ts';
import type { Scope } from '../../store/scope.ts';
import type { MetricReader } from '../../store/store.ts';
import type { Annotations } from './annotations.ts';
import type { Budget } from './limits.ts';
import type { Column, Steps, Value } from './value.ts';

/** All that the evaluation of an expression knows besides the expression. */
export interface Context {
  readonly reader: MetricReader;
  readonly scope: Scope;
  readonly steps: Steps;
  /** How old a sample an instant selector still takes. */
  readonly lookbackMs: number;
  /** Step of subqueries that name none. */
  readonly subqueryStepMs: number;
  /** Start and end of the whole query, for `@ start()` and `@ end()`. */
  readonly queryStartMs: number;
  readonly queryEndMs: number;
  /** 0 in an instant query. */
  readonly queryStepMs: number;
  readonly budget: Budget;
  readonly annotations: Annotations;
  /** Evaluates a subexpression; here so that functions need not import the evaluator. */
  evaluate(expr: Expr, context: Context): Value;
}

/** An empty column over all steps, paid from the budget. */
export function newColumn(context: Context, labels: Labels): Column {
  const { count } = context.steps;
  context.budget.hold(count);
  return { labels, values: new Float64Array(count), present: new Uint8Array(count) };
}

/** A scalar that is the same at every step. */
export function constant(context: Context, value: number): Value {
  context.budget.hold(context.steps.count);
  return { kind: 'scalar', values: new Float64Array(context.steps.count).fill(value) };
}

/** An error of the evaluation, not of the text. */
export function executionFault(message: string): Fault {
  return new Fault('execution', message);
}

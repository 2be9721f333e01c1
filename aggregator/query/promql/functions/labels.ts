import { RE2JS } from 're2js';

import type { Call, Expr } from '../../../../lang/promql/ast.ts';
import { labelValue, withLabels } from '../../../../wire/labels.ts';
import type { Context } from '../context.ts';
import { executionFault } from '../context.ts';
import { mergeSame } from '../merge.ts';
import { columnsOf, textOf, vector } from '../value.ts';
import { expandTemplate } from './template.ts';
import type { InstantFunction } from './table.ts';

/** Sets a label from parts of another, where the regular expression matches that one whole. */
export const labelReplace: InstantFunction = (context, call) => {
  const [target, replacement, source, pattern] = texts(context, call) as [string, string, string, string];
  const regex = compile(pattern);
  refuseName(target, 'destination', call);
  const columns = columnsOf(context.evaluate(call.args[0] as Expr, context)).map((column) => {
    const matcher = regex.matcher(labelValue(column.labels, source));
    context.budget.spend(1);
    if (!matcher.matches()) return column;
    return {
      ...column,
      labels: withLabels(column.labels, { [target]: expandTemplate(replacement, regex, matcher) }),
    };
  });
  return vector(mergeSame(context, columns));
};

/** Sets a label to the values of others with a separator in between. */
export const labelJoin: InstantFunction = (context, call) => {
  const [target, separator, ...sources] = texts(context, call) as [string, string, ...string[]];
  for (const source of sources) refuseName(source, 'source', call);
  refuseName(target, 'destination', call);
  const columns = columnsOf(context.evaluate(call.args[0] as Expr, context)).map((column) => {
    const joined = sources.map((source) => labelValue(column.labels, source)).join(separator);
    return { ...column, labels: withLabels(column.labels, { [target]: joined }) };
  });
  return vector(mergeSame(context, columns));
};

function texts(context: Context, call: Call): string[] {
  return call.args.slice(1).map((arg) => textOf(context.evaluate(arg, context)));
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern, RE2JS.DOTALL);
  } catch {
    throw executionFault(`invalid regular expression in label_replace(): ${pattern}`);
  }
}

function refuseName(name: string, role: string, call: Call): void {
  if (name === '' || !name.isWellFormed()) {
    throw executionFault(`invalid ${role} label name in ${call.name}(): ${name}`);
  }
}

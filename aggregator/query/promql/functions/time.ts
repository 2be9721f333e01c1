import type { Expr } from '../../../../lang/promql/ast.ts';
import { unwrapParens } from '../../../../lang/promql/ast.ts';
import type { Context } from '../context.ts';
import { newColumn } from '../context.ts';
import { mergeSame } from '../merge.ts';
import { selectInstant } from '../selector.ts';
import type { Value } from '../value.ts';
import { columnsOf, dropName, vector } from '../value.ts';
import { ofEachValue } from './math.ts';
import type { InstantFunction } from './table.ts';

/** The moments of the steps in seconds. */
function stepSeconds(context: Context): Float64Array {
  const { startMs, stepMs, count } = context.steps;
  context.budget.hold(count);
  return Float64Array.from({ length: count }, (_, i) => (startMs + i * stepMs) / 1000);
}

export const time: InstantFunction = (context) => ({ kind: 'scalar', values: stepSeconds(context) });

/** When the samples were taken; of anything but a selector, the moment of the step. */
export const timestamp: InstantFunction = (context, call) => {
  const inner = unwrapParens(call.args[0] as Expr);
  if (inner.kind === 'vectorSelector') {
    const taken = selectInstant(context, inner, 'timestamp');
    return vector(
      mergeSame(
        context,
        taken.map((column) => ({ ...column, labels: dropName(column.labels) })),
      ),
    );
  }
  const moments = stepSeconds(context);
  const columns = columnsOf(context.evaluate(inner, context));
  return vector(
    mergeSame(
      context,
      columns.map(({ labels, present }) => ({ labels: dropName(labels), values: moments, present })),
    ),
  );
};

/** A part of the date in UTC of each value in seconds; without argument, of the step's moment. */
export function datePart(part: (date: Date) => number): InstantFunction {
  const ofSeconds = (seconds: number): number => part(new Date(Math.trunc(seconds) * 1000));
  const ofVector = ofEachValue(ofSeconds);
  return (context, call): Value => {
    if (call.args.length > 0) return ofVector(context, call);
    const out = newColumn(context, []);
    out.values.set(stepSeconds(context).map(ofSeconds));
    out.present.fill(1);
    return vector([out]);
  };
}

const DAY_MS = 86_400_000;

export const DATE_PARTS: Readonly<Record<string, (date: Date) => number>> = {
  day_of_month: (date) => date.getUTCDate(),
  day_of_week: (date) => date.getUTCDay(),
  day_of_year: (date) => {
    const midnightMs = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
    return (midnightMs - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS + 1;
  },
  days_in_month: (date) => new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate(),
  hour: (date) => date.getUTCHours(),
  minute: (date) => date.getUTCMinutes(),
  month: (date) => date.getUTCMonth() + 1,
  year: (date) => date.getUTCFullYear(),
};

import { parsePromQL } from '../../lang/promql/parse.ts';
import { Fault } from '../../lib/fault.ts';
import type { Matcher } from '../store/matcher.ts';

/** The matchers of a selector alone; anything else throws a `Fault` `bad_data` that names the parameter. */
export function parseSelector(text: string, parameter: string): readonly Matcher[] {
  const expr = parsePromQL(text);
  if (expr.kind !== 'vectorSelector' || expr.offsetMs !== 0 || expr.at !== undefined) {
    throw new Fault(
      'bad_data',
      `invalid parameter "${parameter}": ${JSON.stringify(text)} is not a series selector alone`,
    );
  }
  return expr.matchers;
}

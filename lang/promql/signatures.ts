/** The types of expressions, in the words of Prometheus's error messages. */
export type ValueType = 'scalar' | 'instant vector' | 'range vector' | 'string';

export interface Signature {
  readonly args: readonly ValueType[];
  /** How many arguments at the end may be left out. */
  readonly optional: number;
  /** The last type may be repeated without end. */
  readonly repeat: boolean;
  readonly returns: ValueType;
}

const V = 'instant vector';
const M = 'range vector';
const S = 'scalar';
const T = 'string';

function takes(args: readonly ValueType[], optional = 0, returns: ValueType = V): Signature {
  return { args, optional, repeat: false, returns };
}

function repeats(args: readonly ValueType[]): Signature {
  return { args, optional: 1, repeat: true, returns: V };
}

function each(names: string, signature: Signature): [string, Signature][] {
  return names.split(' ').map((name) => [name, signature]);
}

/** Every function of Prometheus 3; what the evaluator does not have yet is still checked here. */
export const SIGNATURES: ReadonlyMap<string, Signature> = new Map([
  ...each(
    'abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor ln log10 log2',
    takes([V]),
  ),
  ...each('rad sgn sin sinh sqrt tan tanh sort sort_desc timestamp start_timestamp', takes([V])),
  ...each('histogram_avg histogram_count histogram_stddev histogram_stdvar histogram_sum', takes([V])),
  ...each('day_of_month day_of_week day_of_year days_in_month hour minute month year', takes([V], 1)),
  ...each('absent_over_time avg_over_time changes count_over_time delta deriv first_over_time', takes([M])),
  ...each('idelta increase irate last_over_time mad_over_time max_over_time min_over_time', takes([M])),
  ...each('present_over_time rate resets stddev_over_time stdvar_over_time sum_over_time', takes([M])),
  ...each('ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time', takes([M])),
  ...each('pi time', takes([], 0, S)),
  ...each('clamp_max clamp_min', takes([V, S])),
  ...each('sort_by_label sort_by_label_desc', repeats([V, T])),
  ['clamp', takes([V, S, S])],
  ['double_exponential_smoothing', takes([M, S, S])],
  ['histogram_fraction', takes([S, S, V])],
  ['histogram_quantile', takes([S, V])],
  ['histogram_quantiles', repeats([V, T, S, S])],
  ['info', takes([V, V], 1)],
  ['label_join', repeats([V, T, T, T])],
  ['label_replace', takes([V, T, T, T, T])],
  ['predict_linear', takes([M, S])],
  ['quantile_over_time', takes([S, M])],
  ['round', takes([V, S], 1)],
  ['scalar', takes([V], 0, S)],
  ['vector', takes([S])],
  ...each('start end range step', takes([], 0, S)),
]);

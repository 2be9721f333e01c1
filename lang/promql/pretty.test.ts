import { expect, test } from 'vitest';

import { parsePromQL } from './parse.ts';
import { prettyPromQL } from './pretty.ts';
import { printPromQL } from './print.ts';

const LONG =
  'a_metric_with_a_long_name_that_takes_much_room{label_one="a value",label_two=~"another value.*"}';

test.each([
  ['sum(rate(x[5m])) by (a)', 'sum by (a) (rate(x[5m]))'],
  [
    `sum by (job) (rate(${LONG}[5m]))`,
    `sum by (job) (
  rate(
    a_metric_with_a_long_name_that_takes_much_room{label_one="a value",label_two=~"another value.*"}[5m]
  )
)`,
  ],
  [
    `topk(3,${LONG})/on(job)group_left() -(${LONG}+1)`,
    `  topk(
    3,
    a_metric_with_a_long_name_that_takes_much_room{label_one="a value",label_two=~"another value.*"}
  )
/ on (job) group_left ()
  -(
    a_metric_with_a_long_name_that_takes_much_room{label_one="a value",label_two=~"another value.*"} + 1
  )`,
  ],
  [
    `max_over_time(clamp_max(${LONG},100)[1h:5m] offset 1d)`,
    `max_over_time(
  clamp_max(
    a_metric_with_a_long_name_that_takes_much_room{label_one="a value",label_two=~"another value.*"},
    100
  )[1h:5m] offset 1d
)`,
  ],
])('%s', (text, want) => {
  expect(prettyPromQL(parsePromQL(text))).toBe(want);
  expect(printPromQL(parsePromQL(want))).toBe(printPromQL(parsePromQL(text)));
});

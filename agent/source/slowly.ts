/** How many ticks pass between two looks at what hardly ever changes: a minute at the default interval. */
export const SLOW_TICKS = 12;

/** True at the first call and at every `SLOW_TICKS`th after it. */
export function slowly(): () => boolean {
  let calls = 0;
  return () => calls++ % SLOW_TICKS === 0;
}

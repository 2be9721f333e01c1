import { parseDuration, printDuration } from './duration.ts';

/** A span of time that ends at a moment, or now (`endSeconds` null) and then moves with the clock. */
export interface TimeRange {
  readonly spanSeconds: number;
  readonly endSeconds: number | null;
}

/** The points that a range query asks for: multiples of the step from start to end, both included. */
export interface TimeWindow {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly stepSeconds: number;
}

/** What the picker offers. */
export const PRESETS = ['5m', '15m', '1h', '6h', '24h', '2w'] as const;
const DEFAULT_SPAN_SECONDS = 900;

const MIN_SPAN_SECONDS = 30;
const MAX_SPAN_SECONDS = 5 * 366 * 86_400;
/** Sources report every 5 s; a finer grid would only repeat values. */
const STEPS_SECONDS = [
  5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400, 172_800,
  432_000,
];
const MAX_POINTS = 370;

/** Reads `range` and `end` of the page's address; what cannot be read falls back to the default. */
export function parseRange(span: string | null, end: string | null): TimeRange {
  const endSeconds = end !== null && /^\d{1,11}$/.test(end) ? Number(end) : null;
  try {
    return clampRange({
      spanSeconds: span === null ? DEFAULT_SPAN_SECONDS : parseDuration(span),
      endSeconds,
    });
  } catch {
    return { spanSeconds: DEFAULT_SPAN_SECONDS, endSeconds };
  }
}

/** The two address parameters of a range; null leaves a parameter out. */
export function printRange(range: TimeRange): { range: string | null; end: string | null } {
  return {
    range: range.spanSeconds === DEFAULT_SPAN_SECONDS ? null : printDuration(range.spanSeconds),
    end: range.endSeconds === null ? null : String(range.endSeconds),
  };
}

/** The name of a range that follows the clock, `24h` for a day as in the picker. */
export function presetOf(range: TimeRange): string | null {
  if (range.endSeconds !== null) return null;
  return PRESETS.find((preset) => parseDuration(preset) === range.spanSeconds) ?? null;
}

/** Between two moments, seconds, in whichever order. */
export function rangeBetween(a: number, b: number): TimeRange {
  const endSeconds = Math.ceil(Math.max(a, b));
  return clampRange({ spanSeconds: endSeconds - Math.floor(Math.min(a, b)), endSeconds });
}

/** Moves by half of the span; what then ends in the future, or nearly now, follows the clock again. */
export function shiftRange(range: TimeRange, direction: -1 | 1, nowSeconds: number): TimeRange {
  const end = Math.round((range.endSeconds ?? nowSeconds) + (direction * range.spanSeconds) / 2);
  return { ...range, endSeconds: end >= nowSeconds - range.spanSeconds / 4 ? null : end };
}

/** Twice as long around the same middle; one that follows the clock goes on doing so. */
export function widenRange(range: TimeRange, nowSeconds: number): TimeRange {
  const wide = clampRange({ ...range, spanSeconds: range.spanSeconds * 2 });
  if (range.endSeconds === null) return wide;
  const end = range.endSeconds + Math.round(range.spanSeconds / 2);
  return { ...wide, endSeconds: end >= nowSeconds ? null : end };
}

/** The grid of a range: at most `maxPoints + 1` points, aligned to the step so that follow-up queries meet it. */
export function windowOf(range: TimeRange, nowSeconds: number, maxPoints = MAX_POINTS): TimeWindow {
  const stepSeconds = stepOf(range.spanSeconds, maxPoints);
  const endSeconds = Math.floor((range.endSeconds ?? nowSeconds) / stepSeconds) * stepSeconds;
  const points = Math.max(1, Math.ceil(range.spanSeconds / stepSeconds));
  return { startSeconds: endSeconds - points * stepSeconds, endSeconds, stepSeconds };
}

/** A rate's window: no increment between two points is lost, and four samples of 5 s fit in. */
export function rateWindowSeconds(stepSeconds: number): number {
  return Math.max(30, stepSeconds + 5);
}

function stepOf(spanSeconds: number, maxPoints: number): number {
  return STEPS_SECONDS.find((step) => spanSeconds / step <= maxPoints) ?? (STEPS_SECONDS.at(-1) as number);
}

function clampRange(range: TimeRange): TimeRange {
  const spanSeconds = Math.min(Math.max(range.spanSeconds, MIN_SPAN_SECONDS), MAX_SPAN_SECONDS);
  return { ...range, spanSeconds };
}

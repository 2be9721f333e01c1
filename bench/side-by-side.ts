/** What a program costs while it works, by the ticks and samples that it makes; several are measured side by side. */
import type { Clock } from '../lib/clock.ts';
import type { Usage } from './usage.ts';

/** A program under measurement. */
export interface Subject {
  usage(): Usage;
  /** All since some fixed moment; only differences count. */
  moved(): Promise<Moved>;
}

interface Moved {
  readonly ticks: number;
  readonly samples: number;
  /** CPU seconds of the ticks by the program's own account; 0 when it keeps none. */
  readonly tickCpuSeconds: number;
  /** With HTTP's headers, in both directions. */
  readonly wireBytes: number;
  /** Bodies as they are sent. */
  readonly bodyBytes: number;
  /** Bodies before they are compressed; 0 when there is no such thing. */
  readonly plainBytes: number;
}

export interface Cost {
  readonly ticks: number;
  readonly samplesPerTick: number;
  /** Of the whole process. */
  readonly cpuMsPerTick: number;
  readonly ownCpuMsPerTick: number;
  readonly cpuMicrosPerSample: number;
  /** The most that was seen. */
  readonly anonymousMb: number;
  readonly residentMb: number;
  readonly wireBytesPerSample: number;
  readonly bodyBytesPerSample: number;
  readonly plainBytesPerSample: number;
}

interface Span {
  readonly clock: Clock;
  readonly intervalMs: number;
  readonly ticks: number;
}

/** Lets the subject run for some intervals and looks at its memory after each. Throws when it stood still. */
export async function measure(subject: Subject, { clock, intervalMs, ticks }: Span): Promise<Cost> {
  const from = { ...subject.usage(), ...(await subject.moved()) };
  const seen: Usage[] = [];
  for (let tick = 0; tick < ticks; tick++) {
    await clock.sleep(intervalMs);
    seen.push(subject.usage());
  }
  const to = { ...subject.usage(), ...(await subject.moved()) };
  return costOf(from, to, seen);
}

function costOf(from: Usage & Moved, to: Usage & Moved, seen: readonly Usage[]): Cost {
  const moved = (key: keyof Moved): number => to[key] - from[key];
  const [ticks, samples] = [moved('ticks'), moved('samples')];
  if (ticks < 1 || samples < 1) throw new Error(`a subject stood still: ${ticks} ticks, ${samples} samples`);
  const cpuSeconds = to.cpuSeconds - from.cpuSeconds;
  return {
    ticks,
    samplesPerTick: samples / ticks,
    cpuMsPerTick: (cpuSeconds * 1e3) / ticks,
    ownCpuMsPerTick: (moved('tickCpuSeconds') * 1e3) / ticks,
    cpuMicrosPerSample: (cpuSeconds * 1e6) / samples,
    anonymousMb: Math.max(...seen.map((usage) => usage.anonymousBytes)) / 1e6,
    residentMb: Math.max(...seen.map((usage) => usage.residentBytes)) / 1e6,
    wireBytesPerSample: moved('wireBytes') / samples,
    bodyBytesPerSample: moved('bodyBytes') / samples,
    plainBytesPerSample: moved('plainBytes') / samples,
  };
}

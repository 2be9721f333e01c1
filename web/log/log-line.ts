import type { LabelRecord } from '../api/answer.ts';
import { levelOf } from './level.ts';
import type { Level } from './level.ts';

/** A line as the server gives it. */
export interface SentLine {
  /** Nanoseconds since the epoch. */
  readonly timeNs: bigint;
  readonly labels: LabelRecord;
  readonly text: string;
}

/** A line in the list. */
export interface LogLine extends SentLine {
  /** No other line of the page has it. */
  readonly id: number;
  readonly level: Level;
}

/** The labels that say where a line comes from, the most telling first. */
const SOURCES = ['pod', 'container', 'unit', 'filename', 'file', 'path', 'service', 'app', 'job'];
const NS_PER_SECOND = 1_000_000_000n;

export function lineOf(sent: SentLine, id: number): LogLine {
  return { ...sent, id, level: levelOf(sent.labels, sent.text) };
}

/** A short name of where a line comes from: the pod, the unit, the file without its folders. */
export function sourceOf(labels: LabelRecord): string {
  const name = SOURCES.find((source) => labels[source]);
  const value = (name && labels[name]) ?? '';
  return value.startsWith('/') ? value.slice(value.lastIndexOf('/') + 1) : value;
}

export function secondsOf(timeNs: bigint): number {
  return Number(timeNs / 1_000_000n) / 1000;
}

/** `2026-11-20T09:47:55.123456789Z` with all of its nanoseconds. */
export function printUtcNs(timeNs: bigint): string {
  const fraction = ((timeNs % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND;
  const seconds = Number((timeNs - fraction) / NS_PER_SECOND);
  const whole = new Date(seconds * 1000).toISOString().slice(0, -'.000Z'.length);
  return `${whole}.${fraction.toString().padStart(9, '0')}Z`;
}

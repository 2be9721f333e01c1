import type { Labels } from '../../wire/labels.ts';

/**
 * The series that are always measured together (one container, one process, one collector of the host),
 * in a fixed order. A schema object is immutable and kept as long as the set of series stays the same, so
 * that "same object" means "same series": its hash is computed once and it is sent once.
 */
export interface Schema {
  readonly series: readonly Labels[];
}

/**
 * One measurement of one schema: `values[i]` belongs to `schema.series[i]`, and all are finite. The values
 * are the receiver's, the source makes new ones for the next tick.
 */
export interface Frame {
  readonly schema: Schema;
  readonly values: Float64Array;
}

/**
 * Where samples come from. The agent calls `collect` of all sources once a tick with the same time, never
 * again before the last call has ended, and stamps all frames of the tick with that time. A series that is
 * missing from one tick to the next has ended: the agent then writes its staleness marker. A source throws
 * only when it has nothing at all; a part that can't be read is logged once and left out.
 */
export interface Source {
  /** Short, in snake case: the label `collector` of the agent's own metrics. */
  readonly name: string;
  collect(atMs: number): Promise<readonly Frame[]> | readonly Frame[];
  /** Gives descriptors back. */
  close(): void;
}

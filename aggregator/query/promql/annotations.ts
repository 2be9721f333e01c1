import { positionOf } from '../../../lang/promql/fault.ts';
import type { Expr } from '../../../lang/promql/ast.ts';

/** Remarks on a query that has an answer all the same; told beside it, in Prometheus's words. */
export interface Annotation {
  readonly level: 'warning' | 'info';
  /** Begins with `PromQL warning: ` or `PromQL info: `. */
  readonly message: string;
  /** Offset into the query of what is meant; undefined when it is not the query's fault. */
  readonly at: number | undefined;
}

/** Each remark is kept once, however many series and steps give rise to it. */
export class Annotations {
  readonly #byKey = new Map<string, Annotation>();

  warn(at: Expr, text: string): void {
    this.#add({ level: 'warning', message: `PromQL warning: ${text}`, at: at.span.from });
  }

  info(at: Expr, text: string): void {
    this.#add({ level: 'info', message: `PromQL info: ${text}`, at: at.span.from });
  }

  /** Data that could not be read; the answer is without them. */
  damage(message: string): void {
    this.#add({ level: 'warning', message, at: undefined });
  }

  #add(annotation: Annotation): void {
    this.#byKey.set(`${annotation.at} ${annotation.message}`, annotation);
  }

  /** The remarks of one level with their places, at most ten. */
  list(level: Annotation['level'], query: string): string[] {
    const all = [...this.#byKey.values()].filter((annotation) => annotation.level === level);
    const told = all
      .slice(0, 10)
      .map(({ message, at }) => (at === undefined ? message : `${message} (${positionOf(query, at)})`));
    if (all.length > 10) told.push(`${all.length - 10} more ${level} annotations omitted`);
    return told;
  }
}

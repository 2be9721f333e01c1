import type { Hue } from '../chart/hue.ts';
import type { Unit } from '../format/unit.ts';

/** A chart as data: what to ask and how to show it. */
export interface Panel {
  readonly id: string;
  readonly title: string;
  /** One sentence for those who see the figure for the first time. */
  readonly help: string;
  readonly unit: Unit;
  /** Lines lie on each other; those of a query with `loose` do not. */
  readonly stacked?: true;
  /** Upper end of the axis at least; it grows when values are above. */
  readonly max?: number;
  readonly queries: readonly PanelQuery[];
}

export interface PanelQuery {
  /** PromQL with `$host` (matchers of the chosen host) and `$window` (a rate's window). */
  readonly expression: string;
  /** The name of a line, with `{{label}}` for values of labels. */
  readonly legend: string;
  readonly hue?: Hue;
  /** Lines by the value of a label: those named here first, in this order and with these hues. */
  readonly by?: { readonly label: string; readonly hues?: Readonly<Record<string, Hue>> };
  /** Drawn below zero, and read without the sign. */
  readonly below?: true;
  /** A thin dashed line that is no part of a stack: a limit. */
  readonly loose?: true;
  /** The rest of a whole, as free memory: tinted less. */
  readonly faint?: true;
  /** No line when all its values are zero. */
  readonly hideZero?: true;
}

/** What the placeholders of an expression stand for. */
export interface PanelScope {
  readonly host: string;
  readonly rateWindowSeconds: number;
}

/** Fills in an expression; the host is quoted, so that any name is only a name. */
export function expand(expression: string, scope: PanelScope): string {
  return expression
    .replaceAll('$host', () => `instance=${JSON.stringify(scope.host)}`)
    .replaceAll('$window', `${scope.rateWindowSeconds}s`);
}

/** Fills `{{label}}` of a legend; a label that is not there is empty. */
export function legendOf(template: string, labels: Readonly<Record<string, string>>): string {
  return template.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => labels[label] ?? '').trim();
}

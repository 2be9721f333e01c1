import { Fault } from '../../lib/fault.ts';
import type { Template } from '../../lib/go-template/ast.ts';
import { builtins, requireText } from '../../lib/go-template/builtins.ts';
import { expandTemplate, type Functions } from '../../lib/go-template/evaluate.ts';
import { parseTemplate } from '../../lib/go-template/parse.ts';
import { prometheusFunctions, sampleOf } from '../../lib/go-template/prometheus-functions.ts';
import { Struct, type Value } from '../../lib/go-template/value.ts';
import type { Labels } from '../../wire/labels.ts';
import type { Query } from '../query.ts';

/** What labels and annotations of an alert are made from. */
export interface AlertData {
  /** Of the series that the rule's query gave. */
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

/** What is the same for all alerts. */
export interface TemplateWorld {
  readonly query: Query;
  readonly externalLabels: ReadonlyMap<string, string>;
  readonly externalUrl: string;
}

const VARIABLES = ['$labels', '$externalLabels', '$externalURL', '$value'];

/** Queries that one template may ask. */
const MAX_QUERIES = 20;

/** The functions whose result depends on the world. */
const OF_WORLD = new Set(['query', 'externalURL', 'pathPrefix']);

const known = {
  has: (name: string) => OF_WORLD.has(name) || builtins.has(name) || prometheusFunctions.has(name),
};

/** Reads the text of a label or annotation. Throws a Fault `bad_template` with line and column. */
export function parseAlertTemplate(text: string): Template {
  return parseTemplate(text, { functions: known, variables: VARIABLES });
}

/** Says that the answer to a query must be had before the template can go on. */
class Missing {
  readonly expr: string;
  constructor(expr: string) {
    this.expr = expr;
  }
}

/**
 * The text for one alert at the time of an evaluation. As a template is a pure function of its data, one that
 * asks for a query is begun anew when the answer is there. Throws a Fault.
 */
export async function expandAlertTemplate(
  template: Template,
  alert: AlertData,
  world: TemplateWorld,
  atMs: number,
): Promise<string> {
  const answers = new Map<string, Value>();
  const variables = {
    $labels: alert.labels,
    $externalLabels: world.externalLabels,
    $externalURL: world.externalUrl,
    $value: alert.value,
  };
  const data = new Struct({
    Labels: alert.labels,
    ExternalLabels: world.externalLabels,
    ExternalURL: world.externalUrl,
    Value: alert.value,
  });
  const functions = functionsOf(world, answers);
  for (;;) {
    try {
      return expandTemplate(template, { functions, data, variables });
    } catch (thrown) {
      if (!(thrown instanceof Missing)) throw thrown;
      if (answers.size === MAX_QUERIES) throw new Fault('bad_template', `more than ${MAX_QUERIES} queries`);
      const samples = await world.query(thrown.expr, atMs);
      answers.set(
        thrown.expr,
        samples.map(({ labels, value }) => sampleOf(labelMap(labels), value)),
      );
    }
  }
}

function functionsOf(world: TemplateWorld, answers: ReadonlyMap<string, Value>): Functions {
  const ask = ([expr]: readonly Value[]): Value => {
    const text = requireText(expr as Value);
    const answer = answers.get(text);
    if (answer === undefined) throw new Missing(text);
    return answer;
  };
  const path = new URL(world.externalUrl).pathname.replace(/\/$/, '');
  return new Map([
    ...builtins,
    ...prometheusFunctions,
    ['query', { least: 1, most: 1, run: ask }],
    ['externalURL', { least: 0, most: 0, run: () => world.externalUrl }],
    ['pathPrefix', { least: 0, most: 0, run: () => path }],
  ]);
}

export function labelMap(labels: Labels): Map<string, string> {
  const map = new Map<string, string>();
  for (let i = 0; i < labels.length; i += 2) map.set(labels[i] as string, labels[i + 1] as string);
  return map;
}

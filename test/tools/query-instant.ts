/** One series of an instant query's answer. */
export interface InstantSample {
  readonly labels: Readonly<Record<string, string>>;
  /** Of the evaluation. */
  readonly atMs: number;
  readonly value: number;
}

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data?: {
    readonly resultType: string;
    readonly result: readonly { metric: Record<string, string>; value: [number, string] }[];
  };
}

/**
 * Evaluates PromQL now through the Prometheus API below `url` (`http://127.0.0.1:4400`); the answer must be
 * a vector. Throws with the expression and the server's reason when it refuses.
 */
export async function queryInstant(url: string, expr: string): Promise<InstantSample[]> {
  const response = await fetch(`${url}/api/v1/query`, {
    method: 'POST',
    body: new URLSearchParams({ query: expr }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`query ${expr}: ${response.status} ${text}`);
  const { data } = JSON.parse(text) as Answer;
  if (data?.resultType !== 'vector') throw new Error(`query ${expr}: no vector but ${text.slice(0, 300)}`);
  return data.result.map(({ metric, value: [atSeconds, value] }) => ({
    labels: metric,
    atMs: atSeconds * 1000,
    value: parseValue(value),
  }));
}

function parseValue(text: string): number {
  if (text === '+Inf') return Infinity;
  return text === '-Inf' ? -Infinity : Number(text);
}

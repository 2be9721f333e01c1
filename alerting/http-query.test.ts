import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Fault } from '../lib/fault.ts';
import { httpQuery } from './http-query.ts';
import type { QuerySample } from './query.ts';

interface Asked {
  readonly url: string;
  readonly body: string;
}

function ask(status: number, body: string, requests: Asked[] = []): Promise<readonly QuerySample[]> {
  const answer: typeof fetch = async (url, init) => {
    requests.push({
      url: url instanceof Request ? url.url : url.toString(),
      body: String(init?.body as URLSearchParams),
    });
    return new Response(body, { status });
  };
  return httpQuery({ url: 'http://a', token: () => undefined, timeoutMs: 1000, fetch: answer })(
    'up == 0',
    1500,
  );
}

const success = (resultType: string, result: unknown): string =>
  JSON.stringify({ status: 'success', data: { resultType, result } });

describe('answers', () => {
  test('of a vector, at the time of the evaluation', async () => {
    const requests: Asked[] = [];
    const vector = success('vector', [
      { metric: { job: 'x', __name__: 'up', empty: '' }, value: [1.5, '0'] },
      { metric: {}, value: [1.5, '+Inf'] },
      { metric: { a: 'b' }, value: [1.5, 'NaN'] },
    ]);
    expect(await ask(200, vector, requests)).toEqual([
      { labels: ['__name__', 'up', 'job', 'x'], value: 0 },
      { labels: [], value: Infinity },
      { labels: ['a', 'b'], value: NaN },
    ]);
    expect(requests).toEqual([{ url: 'http://a/api/v1/query', body: 'query=up+%3D%3D+0&time=1.5' }]);
  });

  test('of a scalar', async () => {
    expect(await ask(200, success('scalar', [1.5, '-Inf']))).toEqual([{ labels: [], value: -Infinity }]);
  });

  test.each([
    [
      400,
      '{"status":"error","errorType":"bad_data","error":"1:2: parse error"}',
      { code: 'bad_data', retry: false },
      /1:2: parse error/,
    ],
    [
      503,
      '{"status":"error","errorType":"unavailable","error":"busy"}',
      { code: 'unavailable', retry: true },
      /answers 503: busy/,
    ],
    [502, '<html>bad gateway', { code: 'http_502', retry: true }, /answers 502: <html>/],
    [
      200,
      success('matrix', []),
      { code: 'bad_data', retry: false },
      /gives a matrix; a rule needs a vector or a scalar/,
    ],
    [200, success('vector', [{ metric: {}, value: [1, 'x'] }]), { code: 'bad_answer' }, /"x" is no value/],
    [200, 'null', { code: 'http_200' }, /answers 200: null/],
  ])('%i %s are faults', async (status, body, fault, says) => {
    const thrown = await ask(status, body).catch((thrown: unknown) => thrown);
    expect(thrown).toMatchObject(fault);
    expect((thrown as Fault).message).toMatch(says);
  });

  test('of any kind are samples or a Fault', async () => {
    const result = fc.oneof(
      fc.jsonValue(),
      fc.array(fc.record({ metric: fc.jsonValue(), value: fc.jsonValue() }, { requiredKeys: [] })),
    );
    const answer = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({ resultType: fc.constantFrom('vector', 'scalar', 'x'), result })
        .map(({ resultType, result }) => success(resultType, result)),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(200, 422, 500), answer, async (status, body) => {
        try {
          for (const { value } of await ask(status, body)) expect(typeof value).toBe('number');
        } catch (thrown) {
          if (!(thrown instanceof Fault)) throw thrown;
        }
      }),
      { numRuns: 1000 },
    );
  });
});

import { afterAll, beforeAll, expect, test } from 'vitest';

import { FakeAggregator } from '../aggregator/api/asking.fake.ts';
import { freePort } from './tools/free-port.ts';
import { runBinnacle } from './tools/run-binnacle.ts';

const aggregator = new FakeAggregator();
beforeAll(() => aggregator.start());
afterAll(() => aggregator.stop());

test('a query is answered, and a pipe gets no colours', async () => {
  expect(await runBinnacle('query', '1 + 1', '--url', aggregator.url)).toEqual({
    code: 0,
    stdout: '2\n',
    stderr: '',
  });
  const range = ['--range', '5m', '-o', 'chart', '--url', aggregator.url];
  const { code, stdout } = await runBinnacle('query', 'time()', ...range);
  expect(code).toBe(0);
  expect(stdout).toContain('└─');
  expect(stdout).not.toContain('\u001B');
});

test('what is wrong with a query is 2, and no answer is 1', async () => {
  const wrong = await runBinnacle('query', 'sum(up', '--url', aggregator.url);
  expect(wrong).toMatchObject({ code: 2, stdout: '' });
  expect(wrong.stderr).toMatch(/^binnacle: 1:7: parse error: .*\n {2}sum\(up\n {8}\^\n$/);
  const called = await runBinnacle('query');
  expect(called).toMatchObject({ code: 2, stderr: expect.stringContaining('a query is missing') });
  const nobody = await runBinnacle('query', 'up', '--url', `http://127.0.0.1:${await freePort()}`);
  expect(nobody).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('ECONNREFUSED') });
});

test('remarks go to stderr', async () => {
  const { code, stdout, stderr } = await runBinnacle(
    'query',
    'quantile(2, vector(1))',
    '--url',
    aggregator.url,
  );
  expect([code, stdout]).toEqual([0, expect.stringContaining('+Inf')]);
  expect(stderr).toMatch(/^binnacle: PromQL warning: /);
});

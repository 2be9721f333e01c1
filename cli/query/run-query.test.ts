import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { FakeAggregator } from '../../aggregator/api/asking.fake.ts';
import { FakeClock } from '../../lib/clock.ts';
import { temporaryFolder } from '../../test/tools/temporary-folder.ts';
import type { JobWorld, Terminal } from '../job.ts';
import { runQuery } from './run-query.ts';

const AT_MS = 1_700_000_000_000;
const TIME = ['--time', String(AT_MS / 1000)];

const aggregator = new FakeAggregator();
beforeAll(async () => {
  await aggregator.start();
  const lines: string[] = [];
  for (let i = 0; i <= 120; i++) {
    const atMs = AT_MS - 1_800_000 + i * 15_000;
    // A gap of five minutes and more.
    if (i > 50 && i < 90) continue;
    lines.push(
      `wave{place="a,\\"b\\""} ${1000 * Math.sin(i / 10)} ${atMs}`,
      `wave{other="x"} ${i * 20} ${atMs}`,
    );
  }
  await aggregator.push(`${lines.join('\n')}\n`);
});
afterAll(() => aggregator.stop());

interface Ran {
  readonly code: number | string;
  readonly out: string;
  readonly message: string;
  readonly remarks: readonly string[];
}

async function run(
  args: readonly string[],
  { environment = {}, terminal }: { environment?: Record<string, string>; terminal?: Terminal } = {},
): Promise<Ran> {
  let out = '';
  const remarks: string[] = [];
  const world: JobWorld = {
    environment,
    version: '0',
    clock: new FakeClock(AT_MS),
    elsewhere: [],
    readFile: () => '',
    stdout: (text) => void (out += text),
    progress: () => {},
    remark: (line) => void remarks.push(line),
    terminal,
    stopSignal: () => new AbortController().signal,
    stepBack: () => {},
  };
  try {
    return { code: await runQuery(args, world), out, remarks, message: '' };
  } catch (thrown) {
    const { code, message } = thrown as { code: string; message: string };
    return { code, out, remarks, message };
  }
}

const asked = (...args: string[]): Promise<Ran> => run([...args, '--url', aggregator.url]);

describe('an instant', () => {
  test('as a table', async () => {
    expect(await asked('wave', ...TIME)).toMatchObject({
      code: 0,
      out: `SERIES                              VALUE
wave{place="a,\\"b\\""}  -536.5729180004349
wave{other="x"}                      2400
`,
    });
    expect((await asked('1 + 1')).out).toBe('2\n');
    expect((await asked('"text"')).out).toBe('text\n');
    expect((await asked('nothing')).out).toBe('no series\n');
  });

  test('as CSV', async () => {
    expect((await asked('wave', '-o', 'csv', ...TIME)).out).toBe(
      'time,__name__,other,place,value\r\n' +
        '2023-11-14T22:13:20.000Z,wave,,"a,""b""",-536.5729180004349\r\n' +
        '2023-11-14T22:13:20.000Z,wave,x,,2400\r\n',
    );
    expect((await asked('5', '-o', 'csv', ...TIME)).out).toBe('time,value\r\n2023-11-14T22:13:20.000Z,5\r\n');
  });

  test('as JSON', async () => {
    const { out } = await asked('wave{other="x"}', '--output=json', ...TIME);
    expect(JSON.parse(out)).toEqual({
      resultType: 'vector',
      result: [{ metric: { __name__: 'wave', other: 'x' }, value: [AT_MS / 1000, '2400'] }],
    });
  });
});

describe('a range', () => {
  test('as a table of what it comes to', async () => {
    const { out } = await asked('wave{other="x"}', '--range', '5m', '--step', '60');
    expect(out).toBe(
      'SERIES           POINTS  FIRST  LAST  MIN   AVG   MAX\nwave{other="x"}       6   2000  2400   2k  2.2k  2.4k\n',
    );
  });

  test('as CSV, with a step of its own', async () => {
    const { out } = await asked('wave{other="x"}', '--range=7m', '-o', 'csv');
    const times = out
      .split('\r\n')
      .slice(1, -1)
      .map((line) => Date.parse(line.split(',')[0] as string));
    expect(times).toHaveLength(211);
    expect((times[1] as number) - (times[0] as number)).toBe(2000);
    expect(times.at(-1)).toBe(AT_MS);
  });

  test('as a chart with axes, gaps and a legend', async () => {
    const { out } = await asked('wave', '--range', '30m', '--step', '15s', '-o', 'chart', ...TIME);
    const lines = out.split('\n');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(100);
    expect(lines[0]).toMatch(/^ *2\.4k ┤ +A+$/);
    expect(lines[15]).toMatch(/^ *-1k ┤ +B+/);
    expect(lines[16]).toMatch(/^ +└─+$/);
    expect(lines[17]).toMatch(/^ +2023-11-14 21:43:20Z +2023-11-14 22:13:20Z$/);
    expect(lines.slice(18)).toEqual(['A wave{other="x"}  2.4k', 'B wave{place="a,\\"b\\""}  -536.6', '']);
    // The last sample before the gap counts for five minutes, then nothing is drawn until the next.
    const gap = lines.slice(0, 16).map((line) => line.padEnd(100).slice(61, 67));
    expect(gap.join('').trim()).toBe('');
  });

  test('in a terminal a chart in its width and colours', async () => {
    const args = ['wave', '--range', '10m', '--url', aggregator.url];
    const { out } = await run(args, { terminal: { columns: 60, colours: true } });
    expect(out).toContain('\u001B[32m●\u001B[39m wave{other="x"}');
    const plain = stripVTControlCharacters(out);
    expect(plain).toMatch(/[⠁-⣿]/);
    expect(Math.max(...plain.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(60);
    expect((await run([...args, '-o', 'table'], { terminal: { columns: 60, colours: true } })).out).toMatch(
      /^SERIES/,
    );
  });

  test('many series are not all drawn, and that is told', async () => {
    const sums = Array.from(
      { length: 10 },
      (_, i) => `label_replace(wave{other="x"} + ${i}, "n", "${i}", "", "")`,
    );
    const { out } = await asked(sums.join(' or '), '--range', '5m', '-o', 'chart');
    expect(out).toContain('and 2 more series that are not drawn');
    expect((await asked('nothing', '--range', '5m', '-o', 'chart')).out).toBe('no series\n');
    expect((await asked('vector(1) / 0', '--range', '5m', '-o', 'chart')).out).toContain('no numbers');
  });
});

test('warnings are told beside the output', async () => {
  const { remarks, out } = await asked('quantile(2, wave)', ...TIME);
  expect(out).toContain('+Inf');
  expect(remarks).toEqual([expect.stringContaining('quantile value should be between 0 and 1')]);
});

describe('what is wrong', () => {
  test.each([
    [[], 'a query is missing'],
    [['a', '+', 'b'], 'put the query into quotes'],
    [['a', '-o', 'xml'], '-o is table, json, csv, chart, not "xml"'],
    [['a', '-o', 'chart'], 'a chart needs a range'],
    [['a', '--step', '15s'], 'a step needs a range'],
    [['a', '--range', 'soon'], '--range: "soon" is not a duration'],
    [['a', '--range', '0'], '--range has to be more than 0'],
    [['a', '--range', '1h', '--step=-5'], '--step has to be more than 0'],
    [['a', '--range', '1h', '--time', 'noon'], '--time: "noon" is not seconds'],
    [['a', '--url', 'localhost:4400'], '--url is a URL'],
    [['a', '--nothing'], '--nothing'],
  ])('%j', async (args, says) => {
    const { code, message } = await run(args);
    expect([code, message]).toEqual(['usage', expect.stringContaining(says)]);
  });

  test('in a query is shown at its place', async () => {
    const { code, message } = await asked('sum(wave)\n+ rate(wave)');
    expect(code).toBe('bad_query');
    const [says, line, mark] = message.split('\n');
    expect(says).toMatch(/^2:8: parse error: expected type range vector/);
    expect([line, mark]).toEqual(['  + rate(wave)', '         ^']);
  });

  test('of a time is told by the server', async () => {
    expect(await asked('wave', '--time', 'noon')).toMatchObject({
      code: 'bad_query',
      message: expect.stringContaining('"time"'),
    });
  });

  test('what can not be evaluated fails', async () => {
    expect(await asked('wave + on () wave', ...TIME)).toMatchObject({
      code: 'failed',
      message: expect.stringContaining('answers 422: '),
    });
  });

  test('nobody answers', async () => {
    const free = createServer();
    await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve));
    const { port } = free.address() as AddressInfo;
    await new Promise((resolve) => free.close(resolve));
    // Where the settings say that the program listens.
    const { code, message } = await run(['up'], { environment: { BINNACLE_LISTEN: `0.0.0.0:${port}` } });
    expect(code).toBe('unreachable');
    expect(message).toContain(`no answer from http://127.0.0.1:${port} (option --url): `);
    expect(message).toContain('ECONNREFUSED');
  });

  test('someone else answers', async () => {
    const other = createServer((_request, response) => response.end('<html>hello</html>'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const { code, message } = await run(['up', '--url', `http://127.0.0.1:${port}/`]);
    expect([code, message]).toEqual(['failed', `http://127.0.0.1:${port} answers 200: <html>hello</html>`]);
    await new Promise((resolve) => other.close(resolve));
  });
});

test('a token is shown where one is wanted', async () => {
  const tokenFile = join(temporaryFolder(), 'token');
  writeFileSync(tokenFile, 's3cret\n');
  const guarded = new FakeAggregator();
  await guarded.start({ tokenFile });
  const refused = await run(['1', '--url', guarded.url]);
  expect([refused.code, refused.message]).toEqual(['refused', expect.stringContaining('--token-file')]);
  expect((await run(['1', '--url', guarded.url, '--token-file', tokenFile])).out).toBe('1\n');
  await guarded.stop();
});

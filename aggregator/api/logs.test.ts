import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Registry } from 'prom-client';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import type { SettingsOf } from '../../lib/settings.ts';
import { encodeBatch } from '../../wire/batch.ts';
import { labelsFrom } from '../../wire/labels.ts';
import { openAggregator, type OpenAggregator } from '../main.ts';
import { aggregatorSettings, type AggregatorSettings } from '../settings.ts';

interface Page {
  status: string;
  errorType?: string;
  error?: string;
  data: {
    lines: { timeNs: string; stream: number; line: string }[];
    streams: Record<string, string>[];
    next?: string;
    tail: string;
    stats: { scannedBytes: number; scannedLines: number; blocks: number };
    startMs: number;
    stepMs: number;
    levels: Record<string, number[]>;
  };
}

const NOW_NS = 1_767_225_600_123_456_789n;

function settingsFor(dataDir: string, changes: Partial<AggregatorSettings> = {}): AggregatorSettings {
  const defaults = Object.fromEntries(
    Object.entries(aggregatorSettings).map(([name, setting]) => [name, setting.default]),
  ) as SettingsOf<typeof aggregatorSettings>;
  return { ...defaults, dataDir, queryThreads: 1, listen: { host: '127.0.0.1', port: 0 }, ...changes };
}

type Started = OpenAggregator & { readonly url: string };

async function start(changes: Partial<AggregatorSettings> = {}): Promise<Started> {
  const folder = mkdtempSync(join(tmpdir(), 'binnacle-logs-'));
  const parts = { log: silentLog, clock: systemClock, registry: new Registry(), version: '0' };
  const running = await openAggregator(settingsFor(folder, changes), parts);
  const url = await running.listen();
  return {
    ...running,
    url,
    close: async () => {
      await running.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

let sequence = 0;
async function send(
  aggregator: Started,
  record: Record<string, string>,
  lines: readonly (readonly [bigint, string])[],
): Promise<void> {
  const logs = [
    {
      labels: labelsFrom(record),
      timesNs: BigInt64Array.from(lines, ([atNs]) => atNs),
      lines: lines.map(([, line]) => line),
    },
  ];
  const body = encodeBatch({ agent: 'a', epoch: 1, sequence: ++sequence, frames: [], logs });
  expect(await aggregator.deliver('batch', body)).toMatchObject({ ok: true, lines: lines.length });
}

async function ask(
  { url }: Started,
  path: string,
  parameters: Record<string, string> = {},
): Promise<{ status: number; body: Page }> {
  const response = await fetch(`${url}${path}?${new URLSearchParams(parameters).toString()}`);
  return { status: response.status, body: (await response.json()) as Page };
}

describe('the lines over HTTP', () => {
  const lines = Array.from(
    { length: 250 },
    (_, i) =>
      [
        NOW_NS + BigInt(i) * 1_000_000_000n,
        `level=${i % 2 ? 'info' : 'warn'} n=${i} "\u00e4\\"\t\u0001`,
      ] as const,
  );
  const all = { start: `${NOW_NS}`, end: `${NOW_NS + 300_000_000_000n}` };
  let aggregator: Started;
  beforeAll(async () => {
    aggregator = await start();
    await send(aggregator, { job: 'files', filename: '/var/log/syslog' }, lines);
    await send(aggregator, { job: 'journal', unit: 'sshd' }, [[NOW_NS + 1n, 'Accepted Publickey']]);
    return () => aggregator.close();
  });

  test('come newest first, to the nanosecond, with their labels once', async () => {
    const { status, body } = await ask(aggregator, '/api/logs', { ...all, selector: '{job="files"}' });
    expect([status, body.status]).toEqual([200, 'success']);
    expect(body.data.streams).toEqual([{ filename: '/var/log/syslog', job: 'files' }]);
    const expected = lines.slice(-100).reverse();
    expect(body.data.lines).toEqual(expected.map(([atNs, line]) => ({ timeNs: `${atNs}`, stream: 0, line })));
    expect(body.data.stats).toMatchObject({ scannedLines: 250, blocks: 1 });
  });

  test('pages meet', async () => {
    for (const direction of ['backward', 'forward']) {
      const found: string[] = [];
      let cursor = {};
      for (let pages = 0; pages < 10; pages++) {
        const { body } = await ask(aggregator, '/api/logs', { ...all, direction, limit: '60', ...cursor });
        found.push(...body.data.lines.map(({ timeNs }) => timeNs));
        if (body.data.next === undefined) break;
        cursor = { cursor: body.data.next };
      }
      const times = [...lines.map(([atNs]) => `${atNs}`), `${NOW_NS + 1n}`].sort();
      expect(found).toEqual(direction === 'forward' ? times : times.reverse());
    }
  });

  test('are found by text, and times may be written in each form', async () => {
    const find = async (parameters: Record<string, string>): Promise<number> =>
      (await ask(aggregator, '/api/logs', { ...all, limit: '1000', ...parameters })).body.data.lines.length;
    expect(await find({ contains: 'n=24' })).toBe(11);
    expect(await find({ contains: 'LEVEL=WARN', case: 'insensitive' })).toBe(125);
    expect(await find({ contains: 'publickey' })).toBe(0);
    expect(await find({ regex: 'n=1\\d ' })).toBe(10);
    expect(await find({ selector: '{job=~"f.*|journal"}', regex: '^accepted', case: 'insensitive' })).toBe(1);
    expect(await find({ selector: '{}' })).toBe(251);
    const second = NOW_NS / 1_000_000_000n;
    expect(await find({ start: `${second}.123456789`, end: `${second}.12345679` })).toBe(2);
    expect(await find({ start: `${second}.123456790`, end: `${second + 1n}` })).toBe(1);
    expect(await find({ start: '2026-01-01T00:00:00.123456790Z', end: '2026-01-01T00:00:01Z' })).toBe(1);
  });

  test('are counted over time by level', async () => {
    const { body } = await ask(aggregator, '/api/logs/histogram', {
      start: '1767225600',
      end: '1767225699.999',
      step: '50s',
      selector: '{job="files"}',
    });
    expect(body.data).toMatchObject({ startMs: 1_767_225_600_000, stepMs: 50_000 });
    expect(body.data.levels).toEqual({
      error: [0, 0],
      warn: [25, 25],
      info: [25, 25],
      debug: [0, 0],
      unknown: [0, 0],
    });
  });

  test('have names and values of labels', async () => {
    expect((await ask(aggregator, '/api/logs/labels', all)).body.data).toEqual(['filename', 'job', 'unit']);
    expect((await ask(aggregator, '/api/logs/label/job/values', all)).body.data).toEqual([
      'files',
      'journal',
    ]);
    expect(
      (await ask(aggregator, '/api/logs/label/job/values', { ...all, selector: '{unit!=""}' })).body.data,
    ).toEqual(['journal']);
  });

  test.each([
    ['/api/logs', { selector: '{job=' }, /./],
    ['/api/logs', { selector: 'rate(x[5m])' }, /"selector".*not a series selector/],
    ['/api/logs', { regex: '(' }, /regular expression "\("/],
    ['/api/logs', { start: 'yesterday' }, /"start".*"yesterday".*seconds/],
    ['/api/logs', { start: '99999999999999999999999' }, /"start"/],
    ['/api/logs', { start: '10', end: '5' }, /"end".*before/],
    ['/api/logs', { direction: 'up' }, /"direction".*backward or forward/],
    ['/api/logs', { case: 'upper' }, /"case"/],
    ['/api/logs', { limit: '5001' }, /5001.*query\.max-log-lines/],
    ['/api/logs', { cursor: '1' }, /"cursor"/],
    ['/api/logs/histogram', { step: '1ms' }, /query\.max-steps/],
    ['/api/logs/tail', { from: 'x' }, /"from"/],
    ['/api/logs/tail', { selector: '{' }, /./],
  ])('%s %j is refused with its reason', async (path, parameters, reason) => {
    const { status, body } = await ask(aggregator, path, parameters);
    expect([status, body.status, body.errorType]).toEqual([400, 'error', 'bad_data']);
    expect(body.error).toMatch(reason);
  });
});

/** A machine that is busy may be late; how late a line is has a test of its own. */
const PATIENT = { timeout: 10_000, interval: 10 };

/** A reader of server-sent events. */
function tail({ url }: Started, parameters: Record<string, string>, headers = {}) {
  const events: { id?: string; data: Page['data'] & { dropped?: number | null } }[] = [];
  let opened = (): void => {};
  const open = new Promise<void>((resolve) => (opened = resolve));
  let text = '';
  const request = get(
    `${url}/api/logs/tail?${new URLSearchParams(parameters).toString()}`,
    { headers },
    (response) => {
      expect(response.headers['content-type']).toContain('text/event-stream');
      response.setEncoding('utf8').on('data', (chunk: string) => {
        opened();
        text += chunk;
        const parts = text.split('\n\n');
        text = parts.pop() as string;
        for (const part of parts) {
          const id = /^id: (.*)$/m.exec(part)?.[1];
          const data = /^data: (.*)$/m.exec(part)?.[1];
          if (data !== undefined) events.push({ ...(id !== undefined && { id }), data: JSON.parse(data) });
        }
      });
      response.on('error', () => {});
    },
  );
  request.on('error', () => {});
  onTestFinished(() => void request.destroy());
  const texts = (): string[] => events.flatMap(({ data }) => data.lines.map(({ line }) => line));
  return { events, texts, open, end: () => void request.destroy() };
}

describe('a tail', () => {
  test('has each line, of any time, once, from where a page ended', async () => {
    const aggregator = await start();
    onTestFinished(() => aggregator.close());
    await send(aggregator, { job: 'a' }, [[NOW_NS, 'before']]);
    const { body } = await ask(aggregator, '/api/logs');
    await send(aggregator, { job: 'a' }, [[NOW_NS - 1n, 'between']]);
    const client = tail(aggregator, { selector: '{job="a"}', contains: 'e', from: body.data.tail });
    await client.open;
    await expect.poll(client.texts, PATIENT).toEqual(['between']);
    for (const line of ['one', 'no', 'three']) {
      await send(aggregator, { job: 'a' }, [[NOW_NS - 5n, line]]);
      await send(aggregator, { job: 'b' }, [[NOW_NS, 'else']]);
    }
    await expect.poll(client.texts, PATIENT).toEqual(['between', 'one', 'three']);
    expect(client.events.at(-1)!.data.streams).toEqual([{ job: 'a' }]);
    // A client that comes again goes on where it was.
    const { id } = client.events[0]!;
    client.end();
    const again = tail(aggregator, { selector: '{job="a"}', contains: 'e' }, { 'last-event-id': id });
    await expect.poll(again.texts, PATIENT).toEqual(['one', 'three']);
  });

  test('has a line within a second of its acknowledgement', async () => {
    const aggregator = await start();
    onTestFinished(() => aggregator.close());
    const client = tail(aggregator, {});
    await client.open;
    const delaysMs: number[] = [];
    for (let i = 1; i <= 5; i++) {
      await send(aggregator, { job: 'a' }, [[NOW_NS, `${i}`]]);
      const sentMs = systemClock.monotonicMs();
      await expect.poll(() => client.texts().length, PATIENT).toBe(i);
      delaysMs.push(systemClock.monotonicMs() - sentMs);
    }
    const median = delaysMs.sort((a, b) => a - b)[2];
    expect(median).toBeLessThan(1000);
  });

  test('says how many lines it left out', async () => {
    const aggregator = await start({ maxTailLines: 10 });
    onTestFinished(() => aggregator.close());
    const client = tail(aggregator, {});
    await client.open;
    await send(
      aggregator,
      { job: 'a' },
      Array.from({ length: 23 }, (_, i) => [NOW_NS, `${i}`] as const),
    );
    await expect.poll(client.texts, PATIENT).toEqual(['18', '19', '20', '21', '22']);
    expect(client.events[0]!.data.dropped).toBe(18);
  });

  test('too many are refused, and one that goes makes room', async () => {
    const aggregator = await start({ maxTails: 1 });
    onTestFinished(() => aggregator.close());
    const client = tail(aggregator, {});
    await client.open;
    const { status, body } = await ask(aggregator, '/api/logs/tail');
    expect([status, body.errorType]).toEqual([503, 'unavailable']);
    expect(body.error).toMatch(/1 tails run already.*logs\.max-tails/);
    client.end();
    await expect
      .poll(async () => {
        const second = tail(aggregator, {});
        const opened = await Promise.race([second.open.then(() => true), systemClock.sleep(300)]);
        second.end();
        return opened;
      }, PATIENT)
      .toBe(true);
  });
});

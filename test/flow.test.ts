import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';

import { systemClock } from '../lib/clock.ts';
import { encodeBatch, encodeSchemas } from '../wire/batch.ts';
import { labelsFrom, printLabels } from '../wire/labels.ts';
import { encodeSchema, schemaHash } from '../wire/schema.ts';
import { burnCpu, ownMetric, samplesOf, startBinnacle } from './tools/binnacle.ts';
import { freePort } from './tools/free-port.ts';
import { peer } from './tools/peers.ts';
import { queryInstant } from './tools/query-instant.ts';
import { startProgram } from './tools/start-program.ts';
import { temporaryFolder } from './tools/temporary-folder.ts';
import { waitUntil } from './tools/wait-until.ts';

/** The whole way of a sample through real processes: host, spool, wire, journal, store, query. */

const MINUTE_MS = 60_000;

/** The path by which the CPU use of a process is accounted: its cgroup of v2, or of v1's cpuacct. */
function cgroupOf(pid: number): string {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n');
  const v1 = lines.find((line) => line.split(':')[1]?.split(',').includes('cpuacct'));
  return (v1 ?? lines.find((line) => line.startsWith('0::')))?.split(':')[2] ?? '/';
}

describe('agent and aggregator', () => {
  test(
    'CPU that a process burns is seen by PromQL, of the process and of its cgroup',
    async () => {
      const [port, agentPort] = [await freePort(), await freePort()];
      const url = `http://127.0.0.1:${port}`;
      await startBinnacle('aggregator', port, temporaryFolder());
      await startBinnacle('agent', agentPort, temporaryFolder(), {
        'agent.interval': '1s',
        'agent.aggregator-url': url,
      });
      const { pid, stop } = burnCpu();
      const ofProcess = `rate(binnacle_process_cpu_seconds_total{pid="${pid}"}[10s])`;
      const ofCgroup = `rate(container_cpu_usage_seconds_total{id=${JSON.stringify(cgroupOf(pid))}}[10s])`;
      for (const expr of [ofProcess, ofCgroup]) {
        await waitUntil(async () => (await queryInstant(url, expr)).some(({ value }) => value > 0.3), {
          what: `${expr} > 0.3`,
          timeoutMs: 30_000,
        });
      }
      stop();
      // The series ends with the process: its staleness marker hides it at once, not after five minutes.
      const gone = `binnacle_process_cpu_seconds_total{pid="${pid}"}`;
      await waitUntil(async () => (await queryInstant(url, gone)).length === 0, {
        what: `${gone} to end`,
        timeoutMs: 10_000,
      });
      const ups = await queryInstant(url, 'up');
      const values = Object.fromEntries(ups.map(({ labels: { job }, value }) => [job, value]));
      expect(values).toEqual({ 'binnacle-agent': 1, cadvisor: 1, 'node-exporter': 1 });
    },
    2 * MINUTE_MS,
  );

  test(
    'SIGKILL of either at random moments: every tick is there once',
    async () => {
      const [port, agentPort] = [await freePort(), await freePort()];
      const [store, spool] = [temporaryFolder(), temporaryFolder()];
      const url = `http://127.0.0.1:${port}`;
      const startAggregator = () => startBinnacle('aggregator', port, store, { 'store.fold-after': '2s' });
      const startAgent = () =>
        startBinnacle('agent', agentPort, spool, { 'agent.interval': '1s', 'agent.aggregator-url': url });
      let aggregator = await startAggregator();
      let agent = await startAgent();
      /** What had been acknowledged when a process was killed. */
      const acknowledged = new Set<number>();
      const note = async (): Promise<void> => {
        for (const { atMs } of await samplesOf(url, 'up{job="node-exporter"}')) acknowledged.add(atMs);
      };
      for (let round = 0; round < 3; round++) {
        await sleep(1500 + Math.random() * 2000);
        await note();
        await aggregator.kill('SIGKILL');
        await sleep(Math.random() * 2500);
        aggregator = await startAggregator();
        await sleep(1000 + Math.random() * 1000);
        await note();
        await agent.kill('SIGKILL');
        await sleep(Math.random() * 500);
        agent = await startAgent();
      }
      await waitUntil(
        async () => (await ownMetric(`http://127.0.0.1:${agentPort}`, 'binnacle_agent_spool_batches')) <= 1,
        {
          what: 'the spool to be empty',
          timeoutMs: 30_000,
        },
      );
      const times = (await samplesOf(url, 'up{job="node-exporter"}')).map(({ atMs }) => atMs);
      expect(new Set(times).size).toBe(times.length);
      expect([...acknowledged].filter((atMs) => !times.includes(atMs))).toEqual([]);
      expect(await ownMetric(url, 'binnacle_ingest_missing_batches_total')).toBe(0);
      await agent.kill('SIGTERM');
      await aggregator.kill('SIGTERM');
      // Numbered without a hole through all restarts, and each number taken once.
      const journal = new Database(join(store, 'store', 'journal.db'), { readonly: true });
      const ranges = journal.prepare('SELECT first, last FROM received').all() as {
        first: number;
        last: number;
      }[];
      journal.close();
      expect(ranges).toHaveLength(1);
      expect(ranges[0]).toMatchObject({ first: 1 });
      expect(ranges[0]!.last).toBeGreaterThanOrEqual(times.length);
    },
    3 * MINUTE_MS,
  );

  test(
    'batches that were acknowledged survive SIGKILL of the aggregator, bit for bit',
    async () => {
      const port = await freePort();
      const folder = temporaryFolder();
      const url = `http://127.0.0.1:${port}`;
      const startIt = () => startBinnacle('aggregator', port, folder, { 'store.fold-after': '1s' });
      const series = [
        labelsFrom({ __name__: 'written', half: 'a' }),
        labelsFrom({ __name__: 'written', half: 'b' }),
      ];
      const schema = schemaHash(encodeSchema(series));
      const post = (path: string, body: Uint8Array) =>
        fetch(`${url}/api/v1/agent/${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/octet-stream' },
          body: new Uint8Array(body),
        });
      const firstMs = systemClock.nowMs() - 10 * MINUTE_MS;
      const sent = new Map<number, number>();
      let program = await startIt();
      const stop = new AbortController();
      const { signal } = stop;
      /** Sends batch after batch as an agent does: the same bytes until they are acknowledged. */
      const feed = async (): Promise<void> => {
        for (let sequence = 1; !signal.aborted; sequence++) {
          const value = Math.random();
          const atMs = firstMs + sequence;
          const frames = [{ schema, atMs, values: Float64Array.of(value, -value) }];
          const bytes = encodeBatch({ agent: 'feeder', epoch: 1, sequence, frames });
          for (let done = false; !done && !signal.aborted;) {
            try {
              const { status } = await post('batches', bytes);
              if (status === 409) await post('schemas', encodeSchemas([series]));
              done = status === 200;
              if (done) sent.set(atMs, value);
              else if (status !== 409) await sleep(10);
            } catch {
              await sleep(20);
            }
          }
        }
      };
      const feeding = feed();
      for (let round = 0; round < 5; round++) {
        await sleep(300 + Math.random() * 1500);
        await program.kill('SIGKILL');
        program = await startIt();
      }
      stop.abort();
      await feeding;
      expect(sent.size).toBeGreaterThan(50);
      for (const [half, sign] of [
        ['a', 1],
        ['b', -1],
      ] as const) {
        const found = new Map(
          (await samplesOf(url, `written{half="${half}"}`)).map(({ atMs, value }) => [atMs, value * sign]),
        );
        const lost = [...sent].filter(([atMs, value]) => found.get(atMs) !== value);
        expect(lost).toEqual([]);
        // The last one may have been taken without the answer getting through.
        expect(found.size - sent.size).toBeLessThanOrEqual(1);
      }
    },
    3 * MINUTE_MS,
  );
});

describe('others', () => {
  test(
    "Debian's Prometheus writes here remotely and is answered the same",
    async () => {
      const [port, prometheusPort] = [await freePort(), await freePort()];
      const folder = temporaryFolder();
      const url = `http://127.0.0.1:${port}`;
      await startBinnacle('aggregator', port, folder);
      const configuration = {
        global: { scrape_interval: '1s' },
        scrape_configs: [
          { job_name: 'itself', static_configs: [{ targets: [`127.0.0.1:${prometheusPort}`] }] },
        ],
        remote_write: [{ url: `${url}/api/v1/write` }],
      };
      // JSON is YAML.
      await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(configuration));
      await startProgram({
        command: peer('prometheus'),
        args: [
          `--config.file=${join(folder, 'prometheus.yml')}`,
          `--storage.tsdb.path=${join(folder, 'tsdb')}`,
          `--web.listen-address=127.0.0.1:${prometheusPort}`,
        ],
        readyUrl: `http://127.0.0.1:${prometheusPort}/-/ready`,
      });
      const theirs = `http://127.0.0.1:${prometheusPort}`;
      await waitUntil(async () => (await samplesOf(url, 'up{job="itself"}')).length >= 8, {
        what: 'eight samples of up',
        timeoutMs: 60_000,
      });
      const { atMs } = (await samplesOf(url, 'up{job="itself"}')).at(-3)!;
      const ask = async (at: string, query: string): Promise<unknown> => {
        const parameters = new URLSearchParams({ query, time: String(atMs / 1000) });
        const answer = (await (await fetch(`${at}/api/v1/query?${parameters.toString()}`)).json()) as {
          status: string;
          data: { result: { metric: Record<string, string>; value?: unknown; values?: unknown }[] };
        };
        expect(answer.status, query).toBe('success');
        return Object.fromEntries(
          answer.data.result.map(({ metric, value, values }) => [
            printLabels(labelsFrom(metric)),
            value ?? values,
          ]),
        );
      };
      for (const query of [
        'up',
        'prometheus_tsdb_head_series',
        'sum by (code) (prometheus_http_requests_total)',
        'prometheus_engine_query_duration_seconds{quantile="0.9"}',
        'count({job="itself"})',
        // Ranges are open on the left here, as in Prometheus 3; this one begins at no sample.
        'process_cpu_seconds_total[3500ms]',
      ]) {
        expect(await ask(url, query), query).toEqual(await ask(theirs, query));
      }
    },
    2 * MINUTE_MS,
  );

  test(
    'what is wrong gets a clear 4xx, and nothing else suffers',
    async () => {
      const port = await freePort();
      const url = `http://127.0.0.1:${port}`;
      const program = await startBinnacle('aggregator', port, temporaryFolder(), {
        'ingest.max-body-size': '64KiB',
      });
      const series = [labelsFrom({ __name__: 'kept' })];
      const schema = schemaHash(encodeSchema(series));
      const batch = (sequence: number, count = 1) =>
        encodeBatch({
          agent: 'a',
          epoch: 1,
          sequence,
          frames: [
            { schema, atMs: systemClock.nowMs(), values: Float64Array.from({ length: count }, Math.random) },
          ],
        });
      const post = async (path: string, body: Uint8Array, type = 'application/octet-stream') => {
        const response = await fetch(`${url}/api/v1/${path}`, {
          method: 'POST',
          headers: { 'content-type': type },
          body: new Uint8Array(body),
        });
        return `${response.status} ${await response.text()}`;
      };
      const ask = async (path: string) => {
        const response = await fetch(`${url}/api/v1/${path}`);
        return `${response.status} ${await response.text()}`;
      };
      const flipped = batch(7);
      flipped[20]! ^= 1;

      expect(await post('agent/batches', batch(1))).toMatch(
        /^409 .*unknown_schema.*"schemas":\["[0-9a-f]{16}"\]/,
      );
      expect(await post('agent/schemas', encodeSchemas([series]))).toMatch(/^200 /);
      expect(await post('agent/batches', batch(1))).toMatch(/^200 /);
      expect(await post('agent/batches', flipped)).toMatch(/^400 .*checksum/);
      expect(await post('agent/batches', batch(2).slice(0, 30))).toMatch(/^400 .*malformed/);
      expect(await post('agent/batches', batch(2, 3))).toMatch(/^400 .*3 values.*1 series/);
      expect(await post('agent/batches', batch(2, 60_000))).toMatch(/^413 /);
      expect(await post('agent/batches', batch(2), 'text/plain')).toMatch(/^415 .*text\/plain/);
      expect(await post('write', Uint8Array.of(1, 2, 3), 'application/x-protobuf')).toMatch(/^400 .*Snappy/);
      expect(
        await post('write', Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f), 'application/x-protobuf'),
      ).toMatch(/^413 /);
      expect(await ask('query?query=sum(')).toMatch(/^400 .*bad_data.*1:5/);
      expect(await ask('query')).toMatch(/^400 .*\\"query\\": it is missing/);
      expect(await ask('query?query=up&time=yesterday')).toMatch(/^400 .*yesterday/);
      expect(await ask('query_range?query=up&start=0&end=1e9&step=1')).toMatch(
        /^400 .*11000.*query.max-steps/,
      );
      expect(await ask('series?match[]=up%2B1')).toMatch(/^400 .*up\+1/);
      expect(await ask('nothing')).toMatch(/^404 .*\/api\/v1\/nothing/);

      expect(await post('agent/batches', batch(2))).toMatch(/^200 /);
      expect(await samplesOf(url, 'kept')).toHaveLength(2);
      expect(await ask('../../livez').then((text) => text.slice(0, 3))).toBe('200');
      expect(program.stderr()).not.toMatch(/BUG/);
    },
    MINUTE_MS,
  );
});

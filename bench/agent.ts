/**
 * `npm run bench:agent [-- --full]`: what the agent costs on this host, beside Debian's node-exporter that is
 * scraped for the same host at the same interval in the same run.
 *
 * The agent sends to a real aggregator, whose cost is not counted; the exporter is scraped as Prometheus does
 * it; both through relays that count the bytes. The agent measures cgroups and processes too, which the
 * exporter does not, so the figures a sample stand beside those a tick.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { systemClock } from '../lib/clock.ts';
import { freePort } from '../test/tools/free-port.ts';
import { peer } from '../test/tools/peers.ts';
import { launchProgram, type Program } from '../test/tools/program.ts';
import { type Figure, reportOf } from './bench.ts';
import { countSamples, scrape, sumOf } from './exposition.ts';
import { type Meter, startMeter } from './meter.ts';
import { type Cost, measure, type Subject } from './side-by-side.ts';
import { usageOf } from './usage.ts';

const root = resolve(import.meta.dirname, '..');
const INTERVAL_MS = 5_000;
/** Until what is hot has been compiled and the series lists have been sent. */
const WARM_UP_MS = 60_000;

function agentSubject(agent: Program, metricsUrl: string, meter: Meter): Subject {
  return {
    usage: () => usageOf(agent.pid),
    moved: async () => {
      const { text } = await scrape(metricsUrl);
      return {
        ticks: sumOf(text, 'binnacle_agent_ticks_total'),
        samples: sumOf(text, 'binnacle_agent_samples_total'),
        tickCpuSeconds: sumOf(text, 'binnacle_agent_tick_cpu_seconds_total'),
        wireBytes: meter.sentBytes() + meter.receivedBytes(),
        bodyBytes: sumOf(text, 'binnacle_agent_sent_bytes_total'),
        plainBytes: 0,
      };
    },
  };
}

/** Is scraped every interval until the signal; the subject throws when a scrape has failed. */
function exporterSubject(exporter: Program, meter: Meter, signal: AbortSignal): Subject {
  const moved = { ticks: 0, samples: 0, tickCpuSeconds: 0, plainBytes: 0, bodyBytes: 0 };
  const failures: unknown[] = [];
  const scrapeOnce = async (): Promise<void> => {
    const { text, gzipBytes } = await scrape(`http://127.0.0.1:${meter.port}/metrics`);
    moved.ticks++;
    moved.samples += countSamples(text);
    moved.plainBytes += text.length;
    moved.bodyBytes += gzipBytes;
  };
  const timer = setInterval(() => {
    scrapeOnce().catch((thrown: unknown) => failures.push(thrown));
  }, INTERVAL_MS);
  signal.addEventListener('abort', () => clearInterval(timer));
  return {
    usage: () => usageOf(exporter.pid),
    moved: () => {
      if (failures.length > 0) throw failures[0];
      return Promise.resolve({ ...moved, wireBytes: meter.sentBytes() + meter.receivedBytes() });
    },
  };
}

interface Subjects {
  readonly agent: Subject;
  readonly exporter: Subject;
}

/** Starts all programs, lets `use` measure the agent and the exporter, and ends them in any case. */
async function withSubjects(use: (subjects: Subjects) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'binnacle-bench-'));
  const endings: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const launch = async (command: string, args: string[], readyUrl: string): Promise<Program> => {
    const program = await launchProgram({ command, args, readyUrl });
    endings.push(() => program.end());
    return program;
  };
  const binnacle = async (part: string, more: string[]): Promise<{ program: Program; port: number }> => {
    const port = await freePort();
    const script = join(root, 'dist/main.js');
    const common = ['--listen', `127.0.0.1:${port}`, '--data-dir', join(folder, part)];
    const readyUrl = `http://127.0.0.1:${port}/readyz`;
    return { port, program: await launch(process.execPath, [script, part, ...common, ...more], readyUrl) };
  };
  const meterOf = async (port: number): Promise<Meter> => {
    const meter = await startMeter(port);
    endings.push(() => meter.close());
    return meter;
  };
  try {
    const agentMeter = await meterOf((await binnacle('aggregator', [])).port);
    const sendTo = `http://127.0.0.1:${agentMeter.port}`;
    // The exporter reads no logs, so here the agent follows none either.
    const noLogs = ['--log-globs', join(folder, 'none'), '--agent.journalctl', ''];
    const agentArgs = [
      '--agent.interval',
      `${INTERVAL_MS / 1000}s`,
      '--agent.aggregator-url',
      sendTo,
      ...noLogs,
    ];
    // The first start leaves compiled code in the cache, as an installed copy has it.
    await (await binnacle('agent', agentArgs)).program.end();
    const agent = await binnacle('agent', agentArgs);

    const port = await freePort();
    const listen = `--web.listen-address=127.0.0.1:${port}`;
    const exporter = await launch(peer('prometheus-node-exporter'), [listen], `http://127.0.0.1:${port}/`);
    const scraping = new AbortController();
    endings.push(() => scraping.abort());
    await use({
      agent: agentSubject(agent.program, `http://127.0.0.1:${agent.port}/metrics`, agentMeter),
      exporter: exporterSubject(exporter, await meterOf(port), scraping.signal),
    });
  } finally {
    for (const end of endings.reverse()) await end();
  }
}

function figuresOf(agent: Cost, exporter: Cost): Figure[] {
  const both = (key: keyof Cost): { ours: number; peer: number } => ({
    ours: agent[key],
    peer: exporter[key],
  });
  const ownCpu = { ours: agent.ownCpuMsPerTick, atMost: 15 };
  const plain = { ours: agent.bodyBytesPerSample, peer: exporter.plainBytesPerSample };
  return [
    { key: 'tick_cpu_ms', what: 'CPU a tick', unit: 'ms', ...both('cpuMsPerTick'), atMost: 15 },
    { key: 'tick_own_cpu_ms', what: 'CPU a tick, by its own account', unit: 'ms', ...ownCpu },
    { key: 'sample_cpu_us', what: 'CPU a sample', unit: 'us', ...both('cpuMicrosPerSample') },
    { key: 'anonymous_mb', what: 'anonymous memory', unit: 'MB', ...both('anonymousMb'), atMost: 60 },
    { key: 'resident_mb', what: 'resident memory', unit: 'MB', ...both('residentMb'), atMost: 100 },
    { key: 'tick_samples', what: 'samples a tick', unit: 'number', ...both('samplesPerTick') },
    { key: 'sample_wire_bytes', what: 'on the wire a sample', unit: 'bytes', ...both('wireBytesPerSample') },
    { key: 'sample_bytes', what: 'body a sample, peer gzip', unit: 'bytes', ...both('bodyBytesPerSample') },
    { key: 'sample_plain_bytes', what: 'body a sample, peer plain', unit: 'bytes', ...plain },
  ];
}

async function main(): Promise<void> {
  const ticks = process.argv.includes('--full') ? 360 : 48;
  console.log(`bench:agent: about ${Math.ceil((WARM_UP_MS + ticks * INTERVAL_MS) / 60_000)} minutes`);
  // What ships is measured: the bundle, which needs no types stripped and takes 20 MB less.
  execFileSync('npm', ['run', 'build'], { cwd: root, stdio: 'ignore' });
  // So that the programs are ended, too.
  process.once('SIGINT', () => process.exit(130));
  await withSubjects(async (subjects) => {
    await systemClock.sleep(WARM_UP_MS);
    const span = { clock: systemClock, intervalMs: INTERVAL_MS, ticks };
    const [agent, exporter] = await Promise.all([
      measure(subjects.agent, span),
      measure(subjects.exporter, span),
    ]);
    const title = `The agent and the exporter on this host, every ${INTERVAL_MS / 1000} s, ${agent.ticks} ticks`;
    console.log(reportOf({ title, peer: 'node-exporter', figures: figuresOf(agent, exporter) }));
  });
}

await main();

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { peer } from '../../../../test/tools/peers.ts';
import { freePort } from '../../../../test/tools/free-port.ts';
import { startProgram } from '../../../../test/tools/start-program.ts';
import { temporaryFolder } from '../../../../test/tools/temporary-folder.ts';
import { labelsToRecord } from '../../../../wire/labels.ts';
import type { MemorySeries } from './memory-reader.ts';

/** The answer of Prometheus's HTTP API. */
export interface PrometheusAnswer {
  readonly status: 'success' | 'error';
  readonly errorType?: string;
  readonly error?: string;
  readonly data?: { readonly resultType: string; readonly result: unknown };
}

/**
 * Starts Debian's Prometheus on series that are in memory, handed over as blocks made from OpenMetrics. Ends
 * with the test or hook that it was called in. Throws when it is not there.
 */
export async function startPrometheus(
  series: readonly MemorySeries[],
): Promise<(path: string, params: Record<string, string>) => Promise<PrometheusAnswer>> {
  const folder = temporaryFolder();
  const file = join(folder, 'samples.txt');
  writeFileSync(file, openMetrics(series));
  const data = join(folder, 'data');
  execFileSync(peer('promtool'), ['tsdb', 'create-blocks-from', 'openmetrics', '-q', file, data], {
    stdio: 'pipe',
  });
  const config = join(folder, 'prometheus.yml');
  writeFileSync(config, 'global: {}\n');
  const url = `http://127.0.0.1:${await freePort()}`;
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${data}`,
    '--storage.tsdb.retention.time=100y',
    `--web.listen-address=${new URL(url).host}`,
    '--enable-feature=promql-negative-offset,promql-at-modifier',
  ];
  await startProgram({ command: peer('prometheus'), args, readyUrl: `${url}/-/ready` });
  return async (path, params) => {
    const response = await fetch(`${url}${path}`, { method: 'POST', body: new URLSearchParams(params) });
    return (await response.json()) as PrometheusAnswer;
  };
}

function openMetrics(series: readonly MemorySeries[]): string {
  const lines: string[] = [];
  for (const { labels, timestampsMs, values } of series) {
    const { __name__: name, ...rest } = labelsToRecord(labels);
    const pairs = Object.entries(rest).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
    const metric = `${name}{${pairs.join(',')}}`;
    timestampsMs.forEach((ms, i) => lines.push(`${metric} ${number(values[i] as number)} ${ms / 1000}`));
  }
  return `${lines.join('\n')}\n# EOF\n`;
}

function number(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

import { atEnd } from './at-end.ts';
import type { Program, ProgramOptions } from './program.ts';
import { startProgram } from './start-program.ts';

const BINNACLE = resolve(import.meta.dirname, '../../bin/binnacle.js');

type Settings = Readonly<Record<string, string>>;

/** Starts a part of the program as a process of its own, until the end of the test; settings go by their keys. */
export async function startBinnacle(
  part: string,
  port: number,
  folder: string,
  settings: Settings = {},
): Promise<Program> {
  const readyUrl = `http://127.0.0.1:${port}/livez`;
  return startProgram({ ...binnacle(part, port, folder, settings), readyUrl, timeoutMs: 30_000 });
}

/** The same, and does not wait until it answers. */
export async function beginBinnacle(
  part: string,
  port: number,
  folder: string,
  settings: Settings = {},
): Promise<Program> {
  return startProgram(binnacle(part, port, folder, settings));
}

function binnacle(part: string, port: number, folder: string, settings: Settings): ProgramOptions {
  const flags = Object.entries(settings).flatMap(([key, value]) => [`--${key}`, value]);
  const args = [BINNACLE, part, '--listen', `127.0.0.1:${port}`, '--data-dir', folder, ...flags];
  return { command: process.execPath, args };
}

/** The samples of one series that the store holds, oldest first. Throws when the selector meets more. */
export async function samplesOf(url: string, selector: string): Promise<{ atMs: number; value: number }[]> {
  const query = new URLSearchParams({ query: `${selector}[1h]` });
  const response = await fetch(`${url}/api/v1/query`, { method: 'POST', body: query });
  const text = await response.text();
  if (!response.ok) throw new Error(`${selector}: ${response.status} ${text}`);
  const { data } = JSON.parse(text) as { data: { result: { values: [number, string][] }[] } };
  if (data.result.length > 1) throw new Error(`${selector} meets ${data.result.length} series`);
  return (data.result[0]?.values ?? []).map(([seconds, value]) => ({
    atMs: Math.round(seconds * 1000),
    value: Number(value),
  }));
}

/** Every line that a search finds, oldest first, page by page. */
export async function linesOf(url: string, parameters: Record<string, string>): Promise<string[]> {
  const lines: string[] = [];
  for (let cursor: string | undefined = ''; cursor !== undefined;) {
    const query = new URLSearchParams({
      ...parameters,
      direction: 'forward',
      limit: '1000',
      ...(cursor && { cursor }),
    });
    const response = await fetch(`${url}/api/logs?${query.toString()}`);
    const text = await response.text();
    if (!response.ok) throw new Error(`${query.toString()}: ${response.status} ${text}`);
    const { data } = JSON.parse(text) as { data: { lines: { line: string }[]; next?: string } };
    lines.push(...data.lines.map(({ line }) => line));
    cursor = data.next;
  }
  return lines;
}

/** The sum of one of a part's own metrics over its labels. */
export async function ownMetric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  if (lines.length === 0) throw new Error(`${url}/metrics has no ${name}`);
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

/** Burns one core in a process of its own, for two minutes at most. */
export function burnCpu(): { pid: number; stop: () => void } {
  const burn = 'const end = performance.now() + 120_000; while (performance.now() < end);';
  const child = spawn(process.execPath, ['-e', burn], { stdio: 'ignore' });
  const stop = (): void => void child.kill('SIGKILL');
  atEnd(stop);
  return { pid: child.pid as number, stop };
}

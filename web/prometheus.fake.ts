import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

/** The page lies this deep, as behind a proxy. */
const BASE = '/some/where/';
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

export interface FakePrometheus {
  /** Where the page is. */
  readonly url: string;
  /** All questions to the API so far: path below api/v1 and parameters. */
  readonly asked: { path: string; params: URLSearchParams }[];
  close(): Promise<void>;
}

/** A part of the API beside Prometheus's: false when the path is none of its. */
export type Part = (
  path: string,
  params: URLSearchParams,
  response: ServerResponse,
  request: IncomingMessage,
) => boolean;

/** What queries are answered with: the label sets of the series; a text is an error. */
export type Answers = (expression: string) => Record<string, string>[] | string;

/**
 * Serves a built page under a path and answers its queries with waves. Nothing else is served, and no other
 * source is allowed. There is no `Date` header, so that a test may hold the browser's clock.
 */
export async function servePage(
  folder: string,
  hosts: readonly string[],
  answers: Answers,
  parts: readonly Part[] = [],
): Promise<FakePrometheus> {
  const asked: FakePrometheus['asked'] = [];
  const server = createServer((request, response) => {
    response.sendDate = false;
    const url = new URL(request.url ?? '/', 'http://localhost');
    const path = url.pathname.startsWith(BASE) ? url.pathname.slice(BASE.length) : null;
    if (path !== null && parts.some((part) => part(path, url.searchParams, response, request))) return;
    if (path?.startsWith('api/v1/')) {
      asked.push({ path: path.slice('api/v1/'.length), params: url.searchParams });
      answer(path.slice('api/v1/'.length), url.searchParams, response, hosts, answers);
    } else sendFile(path === '' ? 'index.html' : path, folder, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${BASE}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function answer(
  path: string,
  params: URLSearchParams,
  response: ServerResponse,
  hosts: readonly string[],
  answers: Answers,
): void {
  if (path === 'label/instance/values') return sendData(response, hosts);
  if (path === 'rules') return sendData(response, { groups: [] });
  if (path === 'alerts') return sendData(response, { alerts: [] });
  if (path === 'label/__name__/values') return sendData(response, ['node_load1', 'node_load5', 'up']);
  const expression = params.get('query') ?? '';
  const series = answers(expression);
  if (typeof series === 'string') return sendError(response, series);
  const [start, end, step] = ['start', 'end', 'step'].map((name) => Number(params.get(name)));
  const time = Number(params.get('time'));
  const matrix = path === 'query_range' || expression.endsWith(']');
  const result = series.map((metric, i) => ({
    metric,
    ...(path === 'query_range' ? { values: wave(start ?? 0, end ?? 0, step ?? 1, i) } : {}),
    ...(path === 'query' && matrix ? { values: wave(time - 60, time - 3, 5, i) } : {}),
    ...(path === 'query' && !matrix ? { value: [time, '0.05'] } : {}),
  }));
  return sendData(response, { resultType: matrix ? 'matrix' : 'vector', result });
}

function wave(start: number, end: number, step: number, index: number): [number, string][] {
  const points: [number, string][] = [];
  for (let at = start; at <= end; at += step)
    points.push([at, String(0.2 + 0.1 * Math.sin(at / 60 + index))]);
  return points;
}

export function sendError(response: ServerResponse, error: string): void {
  response.writeHead(400, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ status: 'error', errorType: 'bad_data', error }));
}

export function sendData(response: ServerResponse, data: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ status: 'success', data }));
}

function sendFile(path: string | null, folder: string, response: ServerResponse): void {
  const file = path === null || path.includes('..') ? null : join(folder, path);
  if (file === null || !existsSync(file)) {
    response.writeHead(404).end();
    return;
  }
  const type = TYPES[extname(file)] ?? 'application/octet-stream';
  response.writeHead(200, { 'content-type': type, 'content-security-policy': "default-src 'self'" });
  response.end(readFileSync(file));
}

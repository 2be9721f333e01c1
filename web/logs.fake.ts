import type { ServerResponse } from 'node:http';

import { levelOf, LEVELS } from './log/level.ts';
import { parseSelector } from './log/selector.ts';
import type { SentLine } from './log/log-line.ts';
import { sendData, sendError } from './prometheus.fake.ts';
import type { Part } from './prometheus.fake.ts';

export interface FakeLogs {
  readonly part: Part;
  /** All lines, oldest first. */
  readonly lines: SentLine[];
  /** Lets lines come in: they are found from then on, and tails get them. */
  arrive(lines: readonly SentLine[], dropped?: number | null): void;
  /** Tails that are open. */
  tailCount(): number;
}

/** Answers as `api/logs` does, from lines in memory; regular expressions are the engine's own. */
export function fakeLogs(lines: readonly SentLine[]): FakeLogs {
  const all = [...lines];
  const tails = new Set<{ response: ServerResponse; params: URLSearchParams }>();
  const part: Part = (path, params, response) => {
    if (params.get('regex') === '(') sendError(response, 'missing ): (');
    else if (path === 'api/logs') search(all, params, response);
    else if (path === 'api/logs/histogram') histogram(all, params, response);
    else if (path === 'api/logs/labels') {
      sendData(response, [...new Set(all.flatMap(({ labels }) => Object.keys(labels)))]);
    } else if (path === 'api/logs/tail') {
      const tail = { response, params };
      tails.add(tail);
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      response.on('close', () => tails.delete(tail));
    } else {
      const [, label] = /^api\/logs\/label\/([^/]+)\/values$/.exec(path) ?? [];
      if (label === undefined) return false;
      sendData(response, [...new Set(all.flatMap(({ labels }) => labels[label] ?? []))]);
    }
    return true;
  };
  return {
    part,
    lines: all,
    arrive: (lines, dropped = 0) => {
      all.push(...lines);
      for (const { response, params } of tails) {
        const data = { ...packed(lines.filter(passes(params))), dropped };
        response.write(`id: 1.${all.length}\ndata: ${JSON.stringify(data)}\n\n`);
      }
    },
    tailCount: () => tails.size,
  };
}

function search(all: readonly SentLine[], params: URLSearchParams, response: ServerResponse): void {
  const found = all.filter(passes(params)).filter(within(params));
  if (params.get('direction') !== 'forward') found.reverse();
  const from = Number(params.get('cursor') ?? 0);
  const to = from + Number(params.get('limit'));
  sendData(response, {
    ...packed(found.slice(from, to)),
    ...(to < found.length ? { next: String(to) } : {}),
    tail: `1.${all.length}`,
    stats: {},
  });
}

function histogram(all: readonly SentLine[], params: URLSearchParams, response: ServerResponse): void {
  const startMs = Number(params.get('start')) * 1000;
  const stepMs = Number.parseFloat(params.get('step') ?? '') * 1000;
  const count = Math.floor((Number(params.get('end')) * 1000 - startMs) / stepMs) + 1;
  const counts = Object.fromEntries(LEVELS.map((level) => [level, Array.from({ length: count }, () => 0)]));
  for (const { timeNs, labels, text } of all.filter(passes(params)).filter(within(params))) {
    const bucket = Math.floor((Number(timeNs / 1_000_000n) - startMs) / stepMs);
    (counts[levelOf(labels, text)] as number[])[bucket]!++;
  }
  sendData(response, { startMs, stepMs, levels: counts, stats: {} });
}

function passes(params: URLSearchParams): (line: SentLine) => boolean {
  const flags = params.get('case') === 'insensitive' ? 'i' : '';
  const contains = params.get('contains');
  const source = params.get('regex') ?? (contains === null ? '' : RegExp.escape(contains));
  const pattern = new RegExp(source, flags);
  const matches = parseSelector(params.get('selector') ?? '') ?? [];
  return ({ labels, text }) =>
    pattern.test(text) &&
    matches.every(({ name, operator, value }) => ((labels[name] ?? '') === value) === (operator === '='));
}

function within(params: URLSearchParams): (line: SentLine) => boolean {
  const [start, end] = ['start', 'end'].map((name) => BigInt(Number(params.get(name)) * 1000) * 1_000_000n);
  return ({ timeNs }) => timeNs >= (start as bigint) && timeNs <= (end as bigint);
}

function packed(lines: readonly SentLine[]): Record<string, unknown> {
  const streams = [...new Set(lines.map(({ labels }) => labels))];
  return {
    lines: lines.map(({ timeNs, labels, text }) => ({
      timeNs: String(timeNs),
      stream: streams.indexOf(labels),
      line: text,
    })),
    streams,
  };
}

import { expect, test } from 'vitest';

import { systemClock } from '../../lib/clock.ts';
import { atEnd } from '../../test/tools/at-end.ts';
import { freePort } from '../../test/tools/free-port.ts';
import { temporaryFolder } from '../../test/tools/temporary-folder.ts';
import { waitUntil } from '../../test/tools/wait-until.ts';
import { labelsFrom } from '../../wire/labels.ts';
import { Spool } from '../spool/spool.ts';
import { FluentSink } from './fluent-sink.ts';
import { ForwardReceiver, type Answer } from './forward-receiver.fake.ts';

const TIME_NS = 1_795_167_062_123_456_789n;

function openSpool(folder: string): Spool {
  const events = { dropped() {}, damaged() {}, positionsDamaged() {} };
  return new Spool({ folder, maxBytes: 1e8, bootId: 'b', nowMs: 1, events, logOutputs: ['fluent'] });
}

function append(spool: Spool, lines: string[]): void {
  const timesNs = BigInt64Array.from(lines, (_, i) => TIME_NS + BigInt(i));
  const labels = labelsFrom({ job: 'files', instance: 'host', filename: '/var/log/a.log' });
  spool.appendLogs([{ labels, timesNs, lines }], new Map([['file', lines.at(-1)]]));
}

function sink(spool: Spool, port: number, ackTimeoutMs = 2000) {
  const failures: string[] = [];
  const made = new FluentSink({
    output: spool.logOutput('fluent'),
    address: { host: '127.0.0.1', port },
    tag: 'host.logs',
    ackTimeoutMs,
    clock: systemClock,
    events: {
      fluentSent() {},
      fluentFailed: (reason) => void failures.push(reason),
      fluentSkipped: (reason) => void failures.push(`skipped: ${reason}`),
    },
  });
  atEnd(() => made.close());
  made.start();
  return { sink: made, failures };
}

async function receiver(...answers: Answer[]) {
  const made = new ForwardReceiver();
  made.answers = answers;
  atEnd(() => made.close());
  return { receiver: made, port: await made.listen() };
}

const messages = ({ lines }: ForwardReceiver): unknown[] => lines.map(({ record }) => record['message']);
const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `line ${i}`);

test('a line is a record with its labels and its time in nanoseconds', async () => {
  const { receiver: fluentd, port } = await receiver();
  const spool = openSpool(temporaryFolder());
  append(spool, ['grüße', 'x']);
  sink(spool, port);
  await waitUntil(() => fluentd.lines.length === 2, { what: 'the lines', timeoutMs: 5000 });
  expect(fluentd.lines).toEqual([
    {
      tag: 'host.logs',
      timeNs: TIME_NS,
      record: { message: 'grüße', job: 'files', instance: 'host', filename: '/var/log/a.log' },
    },
    expect.objectContaining({ timeNs: TIME_NS + 1n }),
  ]);
});

test('many lines go in chunks, in order, once, also what comes later', async () => {
  const { receiver: fluentd, port } = await receiver();
  const spool = openSpool(temporaryFolder());
  append(spool, numbered(3001));
  const { sink: made, failures } = sink(spool, port);
  await waitUntil(() => fluentd.lines.length === 3001, { what: 'the lines', timeoutMs: 5000 });
  append(spool, ['later']);
  made.wake();
  await waitUntil(() => fluentd.lines.length > 3001, { what: 'the last line', timeoutMs: 5000 });
  expect(messages(fluentd)).toEqual([...numbered(3001), 'later']);
  expect(fluentd.chunks).toBe(8);
  expect(failures).toEqual([]);
});

test.each<[Answer, number, RegExp]>([
  ['hang up', 1, /no acknowledgement within 0.3 s/],
  ['take and hang up', 2, /no acknowledgement within 0.3 s/],
  ['silence', 2, /no acknowledgement within 0.3 s|timeout/],
  ['wrong', 2, /ack in response and chunk id in sent data are different/],
])('after %s the chunk is sent again, %d times taken', async (answer, times, reason) => {
  const { receiver: fluentd, port } = await receiver('ack', answer);
  const spool = openSpool(temporaryFolder());
  append(spool, numbered(700));
  const { failures } = sink(spool, port, 300);
  await waitUntil(() => spool.logOutput('fluent').backlog === 0, { what: 'the end', timeoutMs: 8000 });
  // The first chunk was acknowledged and is not sent again.
  expect(messages(fluentd)).toEqual([
    ...numbered(500),
    ...Array.from({ length: times }, () => numbered(700).slice(500)).flat(),
  ]);
  expect(failures).toEqual([expect.stringMatching(reason)]);
});

test('lines wait while nobody listens, over a restart, and the positions with them', async () => {
  const folder = temporaryFolder();
  const port = await freePort();
  const first = openSpool(folder);
  append(first, ['a', 'b']);
  for (let batch = first.peek(); batch; batch = first.peek()) first.acknowledge(batch);
  const away = sink(first, port);
  await waitUntil(() => away.failures.length > 0, { what: 'a failure', timeoutMs: 5000 });
  expect(away.failures[0]).toMatch(/ECONNREFUSED/);
  expect(away.sink.failure).toMatch(/ECONNREFUSED/);
  await away.sink.close();
  expect(first.waitingLogBytes).toBeGreaterThan(0);
  first.close();
  const fluentd = new ForwardReceiver();
  atEnd(() => fluentd.close());
  await fluentd.listen(port);
  const second = openSpool(folder);
  sink(second, port);
  await waitUntil(() => second.waitingLogBytes === 0, { what: 'an empty spool', timeoutMs: 5000 });
  expect(messages(fluentd)).toEqual(['a', 'b']);
});

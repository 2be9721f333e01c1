import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { atEnd } from '../../../test/tools/at-end.ts';
import { temporaryFolder } from '../../../test/tools/temporary-folder.ts';
import { waitUntil } from '../../../test/tools/wait-until.ts';
import { systemClock } from '../../../lib/clock.ts';
import { labelsToRecord } from '../../../wire/labels.ts';
import { silentEvents } from './host.fake.ts';
import { JournalLogs } from './journal-logs.ts';
import { LogBatch } from './log-batch.ts';

/** A journalctl that prints a file, from after the entry of the cursor on, goes on as it grows and ends when told. */
const JOURNALCTL = `#!/bin/sh
dir=$(dirname "$0")
echo "$*" >> "$dir/calls"
case "$*" in *--follow*--output=json*) ;; *) echo 'odd arguments' >&2; exit 1;; esac
skip=1
for arg in "$@"; do
  case "$arg" in --after-cursor=*)
    skip=$(grep -nF "\\"__CURSOR\\":\\"\${arg#--after-cursor=}\\"" "$dir/entries" | cut -d: -f1)
    [ -n "$skip" ] || { echo 'Failed to seek to cursor' >&2; exit 1; }
    skip=$((skip + 1));;
  esac
done
tail -n +$skip -f "$dir/entries" & tail=$!
trap 'kill $tail; exit 0' TERM
while [ ! -e "$dir/end" ]; do sleep 0.05; done
rm "$dir/end"
kill $tail
exit 3
`;

const entryOf = (n: number, more: object = {}): string =>
  `${JSON.stringify({
    __CURSOR: `s=a;i=${n}`,
    __REALTIME_TIMESTAMP: String(1_795_167_062_000_000 + n),
    PRIORITY: '6',
    _SYSTEMD_UNIT: 'cron.service',
    MESSAGE: `message ${n}`,
    ...more,
  })}\n`;

function journal(positions: ReadonlyMap<string, unknown>, program?: string) {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'journalctl'), JOURNALCTL, { mode: 0o755 });
  writeFileSync(join(folder, 'entries'), [1, 2, 3].map((n) => entryOf(n)).join(''));
  const told: string[] = [];
  const batch = new LogBatch();
  const logs = new JournalLogs({
    journalctl: program ?? join(folder, 'journalctl'),
    instance: 'host',
    batch,
    clock: { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 20, signal) },
    maxLineBytes: 1000,
    events: {
      ...silentEvents,
      journalAbsent: (name) => void told.push(`absent ${name}`),
      journalEnded: (reason) => void told.push(reason),
      journalUnread: (text) => void told.push(`unread ${text}`),
    },
  });
  atEnd(() => logs.close());
  logs.start(positions);
  const lines = (): string[] => batch.streams().flatMap((stream) => stream.lines);
  const wait = async (count: number): Promise<string[]> => {
    await waitUntil(() => lines().length >= count, { what: `${count} lines`, timeoutMs: 5000 });
    return lines();
  };
  return { folder, told, batch, logs, lines, wait };
}

test('follows from the last entries at the very first start, and moves its cursor', async () => {
  const { folder, batch, logs, wait } = journal(new Map());
  expect(await wait(3)).toEqual(['message 1', 'message 2', 'message 3']);
  expect(logs.positions()).toEqual(new Map([['journal', 's=a;i=3']]));
  expect(logs.positions()).toEqual(new Map());
  expect(readFileSync(join(folder, 'calls'), 'utf8')).toMatch(/--lines=100$/m);
  const [stream] = batch.streams();
  expect(labelsToRecord(stream!.labels)).toEqual({
    job: 'journal',
    instance: 'host',
    unit: 'cron.service',
    level: 'info',
  });
  expect(stream!.timesNs[0]).toBe(1_795_167_062_000_001_000n);
  appendFileSync(join(folder, 'entries'), entryOf(4, { PRIORITY: '3' }));
  expect(await wait(4)).toContain('message 4');
  expect(batch.streams()).toHaveLength(2);
});

test('goes on after its cursor, also when journalctl ends', async () => {
  const { folder, told, wait } = journal(new Map([['journal', 's=a;i=1']]));
  expect(await wait(2)).toEqual(['message 2', 'message 3']);
  writeFileSync(join(folder, 'end'), '');
  await waitUntil(() => told.length > 0, { what: 'its end', timeoutMs: 5000 });
  appendFileSync(join(folder, 'entries'), `rubbish\n${entryOf(4)}`);
  expect(await wait(3)).toEqual(['message 2', 'message 3', 'message 4']);
  expect(told).toEqual([expect.stringMatching(/^it ended with 3/), 'unread rubbish']);
});

test('tells why it ends', async () => {
  const { told } = journal(new Map([['journal', 'unknown']]));
  await waitUntil(() => told.length > 1, { what: 'two tries', timeoutMs: 5000 });
  expect(told[0]).toBe('it ended with 1: Failed to seek to cursor');
});

test('holds entries back while it is paused', async () => {
  const { folder, lines, logs, wait } = journal(new Map());
  await wait(3);
  logs.pause(true);
  appendFileSync(join(folder, 'entries'), entryOf(4));
  await systemClock.sleep(300);
  expect(lines()).toHaveLength(3);
  logs.pause(false);
  expect(await wait(4)).toHaveLength(4);
});

test('where there is none it is told once', async () => {
  const { told } = journal(new Map(), '/nowhere/journalctl');
  await waitUntil(() => told.length > 0, { what: 'its absence', timeoutMs: 5000 });
  expect(told).toEqual(['absent /nowhere/journalctl']);
});

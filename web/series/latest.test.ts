import { expect, test } from 'vitest';

import { Latest } from './latest.ts';

/** A latest whose answers are finished by hand. */
function slow(): { latest: Latest<string>; log: string[]; finish: () => Promise<void> } {
  const log: string[] = [];
  const open: (() => void)[] = [];
  const latest = new Latest<string>(async (question, signal) => {
    log.push(`ask ${question}`);
    await new Promise<void>((resolve) => {
      open.push(resolve);
    });
    log.push(signal.aborted ? `dropped ${question}` : `answer ${question}`);
  });
  const finish = async (): Promise<void> => {
    open.shift()?.();
    await new Promise(setImmediate);
  };
  return { latest, log, finish };
}

test('of the questions that wait only the newest is asked', async () => {
  const { latest, log, finish } = slow();
  for (const question of ['a', 'b', 'c']) latest.ask(question, false);
  await finish();
  await finish();
  expect(log).toEqual(['ask a', 'answer a', 'ask c', 'answer c']);
  latest.ask('d', false);
  await finish();
  expect(log.slice(4)).toEqual(['ask d', 'answer d']);
});

test('a question of another kind is asked at once and the old one dropped', async () => {
  const { latest, log, finish } = slow();
  latest.ask('a', false);
  latest.ask('b', true);
  await finish();
  await finish();
  expect(log).toEqual(['ask a', 'ask b', 'dropped a', 'answer b']);
});

test('stopped, nothing more is asked', async () => {
  const { latest, log, finish } = slow();
  latest.ask('a', false);
  latest.ask('b', false);
  latest.stop();
  await finish();
  expect(log).toEqual(['ask a', 'dropped a']);
});

import { EventEmitter } from 'node:events';

import { describe, expect, test } from 'vitest';

import { FakeClock } from '../lib/clock.ts';
import { Fault } from '../lib/fault.ts';
import { address, duration, integer, url, type SettingsTable } from '../lib/settings.ts';
import type { JobName } from './command-line.ts';
import type { Job } from './job.ts';
import { definePart, type Part } from './part.ts';
import { runCli } from './run.ts';

const agentTable = {
  listen: address({ key: 'listen', default: '127.0.0.1:4401', doc: 'Where it answers.' }),
  intervalMs: duration({ key: 'agent.interval', default: '5s', min: '1s', doc: 'Between `ticks`.' }),
  target: url({ key: 'agent.target', doc: 'The aggregator.' }),
} satisfies SettingsTable;
const aggregatorTable = {
  listen: address({ key: 'listen', default: '127.0.0.1:4400', doc: 'Where it answers.' }),
  readers: integer({ key: 'query.readers', default: 2, min: 1, doc: 'Threads.' }),
} satisfies SettingsTable;

function setUp({ environment = {}, file = '', start = () => Promise.resolve(), isTerminal = false } = {}) {
  const clock = new FakeClock();
  const requests = new EventEmitter();
  const out = { stdout: '', stderr: '', closed: 0, stoppedNow: 0 };
  const running = {
    url: 'http://127.0.0.1:1',
    close: async () => void out.closed++,
  };
  const parts: Record<'standalone' | 'agent' | 'aggregator' | 'alerting', Part> = {
    standalone: definePart({
      summary: 'All in one process.',
      tables: { aggregator: aggregatorTable, agent: agentTable },
      start: async ({ aggregator }, { say }) => {
        await start();
        say(`at port ${aggregator.listen.port}`);
        return running;
      },
    }),
    agent: definePart({
      summary: 'Sends.',
      tables: { agent: agentTable },
      checks: [({ agent }) => (agent.intervalMs > 60_000 ? ['agent.interval is too long'] : [])],
      start: async () => running,
    }),
    aggregator: definePart({
      summary: 'Keeps.',
      tables: { aggregator: aggregatorTable },
      start: async () => running,
    }),
    alerting: definePart({
      summary: 'Tells.',
      tables: {},
      start: () => Promise.reject(new Fault('not_there', 'not yet', { cause: new Error('why') })),
    }),
  };
  const idle: Job = { summary: 'Waits.', usage: ['store'], help: '', run: async () => 0 };
  const jobs: Record<JobName, Job> = {
    backup: {
      summary: 'Copies.',
      usage: ['backup DIR [--base EARLIER]', 'backup -x'],
      help: 'It has one option.\n',
      async run(args, job) {
        if (args[0] === undefined) throw new Fault('usage', 'a folder is missing');
        job.progress('half of it');
        job.stdout(`to ${args.join(' ')}\n`);
        return 3;
      },
    },
    restore: {
      ...idle,
      async run(_args, job) {
        await new Promise((resolve) => job.stopSignal().addEventListener('abort', resolve));
        throw new Fault('stopped', 'it was asked to stop');
      },
    },
    store: idle,
    query: {
      ...idle,
      async run(_args, job) {
        job.remark('it is late');
        throw new Fault('bad_query', '1:1: parse error');
      },
    },
  };
  const world = {
    environment,
    version: '1.2.3',
    clock,
    requests,
    isTerminal,
    terminal: undefined,
    readFile: () => file,
    stdout: (text: string) => void (out.stdout += text),
    stderr: (text: string) => void (out.stderr += text),
    stopNow: () => void out.stoppedNow++,
    stepBack: () => {},
  };
  const run = (line: string): Promise<number> =>
    runCli(line.split(' ').filter(Boolean), world, { parts, jobs });
  return { run, out, requests, clock };
}

describe('words', () => {
  test.each(['--version', '-V', 'version'])('%s', async (line) => {
    const { run, out } = setUp();
    expect(await run(line)).toBe(0);
    expect(out).toMatchObject({ stdout: 'binnacle 1.2.3\n', stderr: '' });
  });

  test.each(['--help', '-h', 'help', 'check-config --help', 'help check-config'])(
    '%s lists the commands',
    async (line) => {
      const { run, out } = setUp();
      expect(await run(line)).toBe(0);
      expect(out.stdout).toMatch(/\n {2}standalone +All in one process\.\n/);
      expect(out.stdout).toMatch(/\n {2}check-config \[COMMAND\] /);
    },
  );

  test.each(['agent --help', 'help agent', 'agent --agent.interval 1 -h'])(
    '%s lists its settings',
    async (line) => {
      const { run, out } = setUp();
      expect(await run(line)).toBe(0);
      expect(out.stdout).toContain('--agent.interval  Between ticks. (duration, 1s or more; default 5s)');
      expect(out.stdout).toContain('--config ');
      expect(out.stdout).toContain('--log-level ');
    },
  );

  test.each([
    ['', 'binnacle: a command is missing\n'],
    ['agnet', 'binnacle: no such command: "agnet"; did you mean agent?\n'],
    ['check', 'binnacle: no such command: "check"; did you mean check-config?\n'],
    ['zzz --help', 'binnacle: no such command: "zzz"\n'],
    ['help aggregater', 'binnacle: no such command: "aggregater"; did you mean aggregator?\n'],
    ['check-config standalon', 'binnacle: no such command: "standalon"; did you mean standalone?\n'],
    ['--listen :1', 'binnacle: the command comes first: binnacle standalone --listen :1\n'],
  ])('"%s" is refused', async (line, says) => {
    const { run, out } = setUp();
    expect(await run(line)).toBe(2);
    expect(out.stderr).toBe(`${says}Run binnacle --help to see what there is.\n`);
    expect(out.stdout).toBe('');
  });
});

describe('a job', () => {
  test('has a page of help', async () => {
    const { run, out } = setUp();
    expect(await run('backup --help')).toBe(0);
    expect(await run('help backup')).toBe(0);
    const page =
      'Copies.\n\nUsage: binnacle backup DIR [--base EARLIER]\n       binnacle backup -x\n\nIt has one option.\n';
    expect(out.stdout).toBe(page + page);
    expect(await run('--help')).toBe(0);
    expect(out.stdout).toMatch(/\n {2}backup DIR +Copies\.\n/);
  });

  test('takes its words and gives its exit code', async () => {
    const { run, out } = setUp();
    expect(await run('backup there --base 1')).toBe(3);
    expect(out).toMatchObject({ stdout: 'to there --base 1\n', stderr: '' });
  });

  test('shows on a terminal how far it is, and takes it away', async () => {
    const { run, out } = setUp({ isTerminal: true });
    expect(await run('backup there')).toBe(3);
    expect(out.stderr).toBe('\r\u001B[Khalf of it\r\u001B[K\r\u001B[K');
  });

  test('that is called wrongly', async () => {
    const { run, out } = setUp();
    expect(await run('backup')).toBe(2);
    expect(out.stderr).toBe('binnacle: a folder is missing\nRun binnacle --help to see what there is.\n');
  });

  test('remarks beside its output, and tells of what was asked wrongly', async () => {
    const { run, out } = setUp();
    expect(await run('query')).toBe(2);
    expect(out).toMatchObject({ stdout: '', stderr: 'binnacle: it is late\nbinnacle: 1:1: parse error\n' });
  });

  test('ends when it is asked to, at once when it is asked again', async () => {
    const { run, out, requests, clock } = setUp();
    const exit = run('restore');
    requests.emit('SIGINT');
    requests.emit('SIGINT');
    expect(out.stoppedNow).toBe(0);
    await clock.advance(500);
    requests.emit('SIGINT');
    expect(await exit).toBe(1);
    expect(out).toMatchObject({ stderr: 'binnacle: it was asked to stop\n', stoppedNow: 1 });
  });
});

describe('check-config', () => {
  test('prints what holds and where it is from, without secrets', async () => {
    const { run, out } = setUp({ environment: { BINNACLE_AGENT_TARGET: 'http://me:hunter2@host' } });
    expect(await run('check-config agent --agent.interval 2s')).toBe(0);
    expect(out.stdout).toBe(
      'listen          127.0.0.1:4401   default\n' +
        'agent.interval  2s               flag --agent.interval\n' +
        'agent.target    http://***@host  environment BINNACLE_AGENT_TARGET\n' +
        'log-level       info             default\n',
    );
  });

  test('looks at all parts of standalone by default', async () => {
    const { run, out } = setUp({ file: 'query: {readers: 0}\nagent: {interval: 5}' });
    expect(await run('check-config --config b.yaml')).toBe(2);
    expect(out.stderr).toMatch(/^binnacle: 2 settings are wrong:\n/);
    expect(out.stderr).toContain('b.yaml line 1 query.readers: "0" is below the minimum of 1');
  });

  test('looks at what must hold between settings', async () => {
    const { run, out } = setUp();
    expect(await run('check-config agent --agent.interval 2m')).toBe(2);
    expect(out.stderr).toBe('binnacle: a setting is wrong: agent.interval is too long\n');
  });
});

describe('a part', () => {
  test('says how it is set, starts, and stops when asked', async () => {
    const { run, out, requests } = setUp({
      environment: { BINNACLE_AGENT_TARGET: 'http://me:hunter2@host' },
    });
    const exit = run('standalone --listen 127.0.0.1:7');
    await expect.poll(() => out.stdout).toBe('at port 7\n');
    expect(out.stderr).toMatch(
      /msg=starting version=1.2.3 listen=127.0.0.1:7 .*agent.target="http:\S+@host"/,
    );
    expect(out.stderr).not.toContain('hunter2');
    requests.emit('SIGTERM');
    expect(await exit).toBe(0);
    expect(out).toMatchObject({ closed: 1, stoppedNow: 0 });
    expect(out.stderr).toMatch(/msg=stopping asked_by=SIGTERM\n.*msg=stopped\n$/);
  });

  test('a Ctrl-C that arrives twice, by the terminal and by npm, is one; a later one stops at once', async () => {
    const started = Promise.withResolvers<void>();
    const { run, out, requests, clock } = setUp({ start: () => started.promise });
    const exit = run('standalone');
    requests.emit('SIGINT');
    requests.emit('SIGINT');
    expect(out.stoppedNow).toBe(0);
    await clock.advance(500);
    requests.emit('SIGINT');
    expect(out.stoppedNow).toBe(1);
    started.resolve();
    expect(await exit).toBe(0);
    expect(out.closed).toBe(1);
  });

  test('that ends with its launcher', async () => {
    const { run, out, requests } = setUp();
    const exit = run('agent');
    requests.emit('disconnect');
    expect(await exit).toBe(0);
    expect(out.closed).toBe(1);
  });

  const taken = Object.assign(new Error('listen EADDRINUSE'), {
    syscall: 'listen',
    code: 'EADDRINUSE',
    address: '127.0.0.1',
    port: 4400,
  });
  const denied = Object.assign(new Error('EACCES: permission denied, mkdir /data'), {
    syscall: 'mkdir',
    code: 'EACCES',
  });

  test.each([
    [new Fault('f', 'the disk is full'), /^binnacle: the disk is full\n$/],
    [taken, /^binnacle: 127\.0\.0\.1:4400 is taken by another program: .*--listen\n$/],
    [denied, /^binnacle: EACCES: permission denied, mkdir \/data\n$/],
    [new Error('BUG: no such case'), /^binnacle: Error: BUG: no such case\n +at /],
  ])('that cannot start fails: %s', async (thrown, says) => {
    const start = async (): Promise<void> => {
      throw thrown;
    };
    const { run, out } = setUp({ start });
    expect(await run('standalone --log-level error')).toBe(1);
    expect(out.stderr).toMatch(says);
  });

  test('a failure tells its cause', async () => {
    const { run, out } = setUp();
    expect(await run('alerting')).toBe(1);
    expect(out.stderr).toContain('binnacle: not yet: why\n');
  });

  test('takes no settings of other parts as flags, but in the environment', async () => {
    const { run, out, requests } = setUp({ environment: { BINNACLE_QUERY_READERS: '3' } });
    expect(await run('agent --query.readers 3')).toBe(2);
    expect(out.stderr).toBe(
      'binnacle: a setting is wrong: flag --query.readers: is a setting of another part\n',
    );
    const exit = run('agent');
    requests.emit('SIGTERM');
    expect(await exit).toBe(0);
  });
});

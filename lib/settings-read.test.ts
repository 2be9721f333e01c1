import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { nearest } from './settings-nearest.ts';
import { printEffective, printFlags, renderMarkdown } from './settings-print.ts';
import { readSettings, type Sources } from './settings-read.ts';
import { address, boolean, bytes, duration, integer, list, url, type SettingsTable } from './settings.ts';

const agent = {
  listen: address({ key: 'listen', default: '127.0.0.1:4401', doc: 'Where it answers.' }),
  intervalMs: duration({ key: 'agent.interval', default: '5s', min: '1s', doc: 'Between | ticks.' }),
  spoolBytes: bytes({ key: 'agent.spool-size', default: '256MiB', doc: 'Spool.' }),
  networkMounts: boolean({ key: 'agent.network-mounts', default: false, doc: 'Network file systems too.' }),
  globs: list({ key: 'log-globs', default: [], doc: 'Log files.' }),
  target: url({ key: 'agent.target', doc: 'The aggregator.' }),
} satisfies SettingsTable;
const aggregator = {
  listen: address({ key: 'listen', default: '127.0.0.1:4400', doc: 'Where it answers.' }),
  readers: integer({ key: 'query.readers', default: 2, min: 1, max: 64, doc: 'Threads.' }),
} satisfies SettingsTable;
const both = { aggregator, agent };

function sources(given: {
  flags?: string[];
  environment?: Record<string, string>;
  file?: string;
  config?: string;
}): Sources {
  const flags = given.file === undefined ? [] : ['--config', 'b.yaml'];
  return {
    flags: [...flags, ...(given.flags ?? [])],
    environment: given.environment ?? {},
    readFile: (path) => {
      if (path !== 'b.yaml' || given.file === undefined) throw new Error(`ENOENT: ${path}`);
      return given.file;
    },
  };
}

function faultOf(given: Parameters<typeof sources>[0]): string {
  try {
    readSettings(both, sources(given));
  } catch (error) {
    expect(error).toMatchObject({ name: 'Fault', code: 'bad_settings' });
    return (error as Error).message;
  }
  return 'no fault';
}

describe('where values come from', () => {
  test('defaults, one for each part', () => {
    const { values } = readSettings(both, sources({}));
    expect(values.agent).toEqual({
      listen: { host: '127.0.0.1', port: 4401 },
      intervalMs: 5000,
      spoolBytes: 268_435_456,
      networkMounts: false,
      globs: [],
      target: undefined,
    });
    expect(values.aggregator.listen.port).toBe(4400);
    expect(
      Object.isFrozen(values) && Object.isFrozen(values.agent) && Object.isFrozen(values.agent.globs),
    ).toBe(true);
  });

  const file =
    'listen: 10.0.0.1:1\nagent:\n  interval: 2s\n  spool-size: 0x10\nlog-globs:\n  - /a,b\n  - /c\n';

  test('a flag beats the environment, that the file, that the default', () => {
    const given = {
      flags: ['--agent.interval=7s'],
      environment: { BINNACLE_AGENT_INTERVAL: '6s', BINNACLE_LISTEN: '[::1]:2', OTHER: 'x' },
      file: file.replace('0x10', '1MB'),
    };
    const { values, effective } = readSettings(both, sources(given));
    expect(values.agent).toMatchObject({ intervalMs: 7000, spoolBytes: 1_000_000, globs: ['/a,b', '/c'] });
    expect(values.agent.listen).toEqual({ host: '::1', port: 2 });
    expect(values.aggregator.listen).toEqual({ host: '::1', port: 2 });
    expect(printEffective(effective)).toBe(
      [
        'listen                [::1]:2  environment BINNACLE_LISTEN',
        'query.readers         2        default',
        'agent.interval        7s       flag --agent.interval',
        'agent.spool-size      1MB      b.yaml line 4 agent.spool-size',
        'agent.network-mounts  false    default',
        'log-globs             /a,b,/c  b.yaml line 5 log-globs',
        'agent.target          -        default',
        '',
      ].join('\n'),
    );
  });

  test('the environment may name the file', () => {
    const { values } = readSettings(both, {
      flags: [],
      environment: { BINNACLE_CONFIG: 'x' },
      readFile: () => 'query: {readers: 3}',
    });
    expect(values.aggregator.readers).toBe(3);
  });

  test.each([
    [['--agent.network-mounts'], { networkMounts: true }],
    [['--agent.network-mounts=false'], { networkMounts: false }],
    [['--log-globs', '/a,/b', '--log-globs=/c'], { globs: ['/a', '/b', '/c'] }],
    [['--agent.target=http://h/?a=b'], { target: 'http://h/?a=b' }],
  ])('flags %j', (flags, values) =>
    expect(readSettings(both, sources({ flags })).values.agent).toMatchObject(values),
  );

  test.each(['', '# nothing yet\n', 'agent:\n#  interval: 5s\n', '{}'])(
    'a file that says nothing: %j',
    (file) => {
      expect(readSettings(both, sources({ file })).values.agent.intervalMs).toBe(5000);
    },
  );

  test('file and environment may hold settings of parts that do not start here, and flags not', () => {
    const given = sources({ file: 'query: {readers: 3}', environment: { BINNACLE_QUERY_READERS: 'many' } });
    expect(readSettings({ agent }, given, { elsewhere: [aggregator] }).values.agent.intervalMs).toBe(5000);
    const flags = sources({ flags: ['--query.readers', '3'] });
    expect(() => readSettings({ agent }, flags, { elsewhere: [aggregator] })).toThrow(
      'a setting is wrong: flag --query.readers: is a setting of another part',
    );
  });

  test('what Kubernetes adds for a Service of our name is no setting', () => {
    const environment = {
      BINNACLE_SERVICE_HOST: '10.0.0.1',
      BINNACLE_AGGREGATOR_SERVICE_PORT_HTTPS: '443',
      BINNACLE_PORT: 'tcp://10.0.0.1:443',
      BINNACLE_PORT_443_TCP_ADDR: '10.0.0.1',
    };
    expect(faultOf({ environment })).toBe('no fault');
  });
});

describe('what is wrong', () => {
  test('is told all at once', () => {
    const given = {
      flags: [
        '--listen',
        '4400',
        '--agent.intervall=1s',
        '--log-globs',
        '/x',
        '-v',
        'now',
        '--query.readers',
      ],
      environment: { BINNACLE_AGENT_INTERVAL: '100ms', BINNACLE_LISEN: 'x', BINNACLE_AGENT_SPOOL_SIZE: '' },
      file: 'agent:\n  interval: often\n  spool: 1GiB\nquery: 5\n',
    };
    expect(faultOf(given)).toBe(
      `10 settings are wrong:
  flag --agent.intervall: no such setting; did you mean --agent.interval?
  flag -v: no such setting
  unexpected word "now": settings are given as --key value
  flag --query.readers: needs a value
  environment BINNACLE_LISEN: no such setting; did you mean BINNACLE_LISTEN?
  b.yaml line 3 agent.spool: no such setting; did you mean agent.spool-size?
  b.yaml line 4 query: no such setting; did you mean query.readers?
  flag --listen: "4400" is not HOST:PORT such as 127.0.0.1:4400, 0.0.0.0:4400 or [::1]:4400
  environment BINNACLE_AGENT_INTERVAL: "100ms" is below the minimum of 1s
  b.yaml line 2 agent.interval: "often" is not a duration such as 5s, 100ms or 1h30m`,
    );
  });

  test.each([
    [{ flags: ['--interval', '5s'] }, /flag --interval: no such setting; did you mean --agent.interval\?$/],
    [{ flags: ['--listen', 'a:1', '--listen=b:2'] }, /flag --listen: "b:2" is a second value$/],
    [{ flags: ['--', 'x'] }, /flag --: no such setting/],
    [{ flags: ['--config', 'nowhere.yaml'] }, /nowhere.yaml: cannot be read: ENOENT/],
    [{ flags: ['--agent.target', 'htp://me:hunter2@h'] }, /"htp:\/\/\*\*\*@h" is not a URL/],
    [{ file: 'listen: a:1\nlisten: b:2' }, /b.yaml line 2: Map keys must be unique$/],
    [{ file: 'agent.interval: 5s\nagent: {interval: 6s}' }, /b.yaml line 2 agent.interval: is there twice$/],
    [{ file: 'listen: [a]' }, /b.yaml line 1 listen: takes one value, not a list$/],
    [{ file: 'log-globs: [{a: b}]' }, /b.yaml line 1 log-globs: is not a plain list$/],
    [{ file: 'listen:' }, /b.yaml line 1 listen: has no value$/],
    [{ file: 'listen: {host: a}' }, /b.yaml line 1 listen.host: no such setting/],
    [{ file: 'listen: *a' }, /b.yaml line 1/],
    [{ file: 'nonsense:' }, /b.yaml line 1 nonsense: no such setting$/],
    [{ file: 'just a text' }, /b.yaml: is not a YAML mapping of settings$/],
    [{ file: '- a' }, /b.yaml: is not a YAML mapping of settings$/],
    [{ file: 'listen: a:1\n---\nlisten: a:1' }, /b.yaml line 2: a second document begins$/],
    [{ file: '\tlisten: [' }, /b.yaml line 1/],
    [{ file: 'config: c.yaml' }, /b.yaml line 1 config: no such setting/],
  ])('%j', (given, message) => expect(faultOf(given)).toMatch(message));

  test('across settings, once each alone is right', () => {
    const check = ({ agent }: { agent: { intervalMs: number; spoolBytes: number } }): string[] =>
      agent.spoolBytes < agent.intervalMs ? [`agent.spool-size ${agent.spoolBytes}B is too small`] : [];
    const read = (flags: string[]) => () => readSettings(both, sources({ flags }), { checks: [check] });
    expect(read(['--agent.spool-size', '10'])).toThrow(
      'a setting is wrong: agent.spool-size 10B is too small',
    );
    expect(read(['--agent.spool-size', '10', '--agent.interval', 'x'])).toThrow(
      /^a setting is wrong: flag --agent.interval/,
    );
  });

  test('no input fails in another way than by a Fault', () => {
    const words = fc.constantFrom(
      '--listen',
      '--config',
      'b.yaml',
      '--log-globs=',
      '--agent.interval',
      '5s',
      '=',
      '--',
    );
    const args = fc.array(fc.oneof(words, fc.string()), { maxLength: 5 });
    const yaml = fc.array(
      fc.constantFrom(
        'listen',
        'agent',
        'interval',
        ':',
        ': ',
        '\n',
        '  ',
        '- ',
        '[',
        ']',
        '{',
        '}',
        '&a ',
        '*a',
        '"',
        '#',
        '|',
        '?',
        '!!x ',
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(
        args,
        yaml,
        fc.dictionary(
          fc.string().map((name) => `BINNACLE_${name}`),
          fc.string(),
        ),
        (flags, pieces, environment) => {
          faultOf({ flags, environment, file: pieces.join('') });
        },
      ),
      { numRuns: 500 },
    );
  });
});

test('two settings of one environment variable are a bug', () => {
  const clash = { a: list({ key: 'a.b-c', doc: '' }), b: list({ key: 'a-b.c', doc: '' }) };
  expect(() => readSettings({ clash }, sources({}))).toThrow(
    /BUG: settings a-b.c and a.b-c are both BINNACLE_A_B_C/,
  );
});

test.each([
  ['agnt', ['agent', 'aggregator'], 'agent'],
  ['aget', ['agent', 'aggregator'], 'agent'],
  ['standlaone', ['standalone', 'agent'], 'standalone'],
  ['AGENT', ['agent'], 'agent'],
  ['interval', ['agent.interval'], 'agent.interval'],
  ['zzz', ['agent', 'top'], undefined],
  ['', ['agent'], undefined],
])('%s most likely means %s', (word, candidates, meant) => expect(nearest(word, candidates)).toBe(meant));

test('the documentation names every setting once', () => {
  expect(renderMarkdown(both)).toBe(
    [
      '| key | flag | environment | default | value | of | meaning |',
      '|---|---|---|---|---|---|---|',
      '| `config` | `--config` | `BINNACLE_CONFIG` |  | path | all | A YAML file with settings, nested by dots: `agent: {interval: 5s}`. |',
      '| `listen` | `--listen` | `BINNACLE_LISTEN` | `127.0.0.1:4400` (aggregator), `127.0.0.1:4401` (agent) | address HOST:PORT | aggregator, agent | Where it answers. |',
      '| `query.readers` | `--query.readers` | `BINNACLE_QUERY_READERS` | `2` | whole number, 1 to 64 | aggregator | Threads. |',
      '| `agent.interval` | `--agent.interval` | `BINNACLE_AGENT_INTERVAL` | `5s` | duration, 1s or more | agent | Between \\| ticks. |',
      '| `agent.spool-size` | `--agent.spool-size` | `BINNACLE_AGENT_SPOOL_SIZE` | `256MiB` | size | agent | Spool. |',
      '| `agent.network-mounts` | `--agent.network-mounts` | `BINNACLE_AGENT_NETWORK_MOUNTS` | `false` | true or false | agent | Network file systems too. |',
      '| `log-globs` | `--log-globs` | `BINNACLE_LOG_GLOBS` |  | list, separated by commas | agent | Log files. |',
      '| `agent.target` | `--agent.target` | `BINNACLE_AGENT_TARGET` |  | http or https URL | agent | The aggregator. |',
      '',
    ].join('\n'),
  );
  expect(printFlags({ agent })).toContain(
    '\n  --agent.interval        Between | ticks. (duration, 1s or more; default 5s)\n',
  );
});

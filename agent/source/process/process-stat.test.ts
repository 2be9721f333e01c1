import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Text } from '../text.ts';
import { parseProcessCgroup } from './process-cgroup.ts';
import type { ProcessStat } from './process-stat.ts';
import { parseProcessStat } from './process-stat.ts';

const TAIL =
  '0 0 0 -1 4194560 51207 338237 0 143 100 442 652 643 20 0 13 0 25 47038464 3924 18446744073709551615 1 1';

function parsed(line: string | Uint8Array): ProcessStat | undefined {
  const stat = { comm: '', state: '', isKernelThread: false, cpuTicks: 0, startTicks: 0, residentPages: 0 };
  return parseProcessStat(new Text(Buffer.from(line)), stat) ? stat : undefined;
}

describe('/proc/<pid>/stat', () => {
  const rest = { state: 'S', isKernelThread: false, cpuTicks: 542, startTicks: 25, residentPages: 3924 };
  test.each([
    ['init', 'init'],
    ['tmux: server', 'tmux: server'],
    ['a) S 1 (b', 'a) S 1 (b'],
    ['(sd-pam)', '(sd-pam)'],
    ['', ''],
    ['grüße', 'grüße'],
  ])('comm %j', (comm, expected) => {
    expect(parsed(`1 (${comm}) S 0 ${TAIL}\n`)).toEqual({ comm: expected, ...rest });
  });

  test('kernel threads have their flag', () => {
    const line = '2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0 18446744073709551615';
    expect(parsed(line)).toMatchObject({ isKernelThread: true, cpuTicks: 0 });
  });

  test.each(['', '1', '1 (a', '1 )a( S', '1 (a) S 1 2 3', '1 (a) S x y z', `1 (a)  ${TAIL}`])(
    '%j is none',
    (line) => {
      expect(parsed(line)).toBeUndefined();
    },
  );

  test('any bytes are a process with numbers or none', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.string().map((text) => Buffer.from(`7 (${text}) R ${text} ${TAIL}`)),
    );
    fc.assert(
      fc.property(bytes, (line) => {
        const stat = parsed(line);
        if (stat !== undefined) {
          expect(Number.isFinite(stat.cpuTicks + stat.startTicks + stat.residentPages)).toBe(true);
        }
      }),
    );
  });
});

describe('/proc/<pid>/cgroup', () => {
  test.each([
    ['0::/system.slice/ssh.service\n', '/system.slice/ssh.service'],
    ['0::/\n', '/'],
    ['9:name=systemd:/\n4:memory:/docker/abc\n1:cpu:/x\n0::/\n', '/docker/abc'],
    ['9:name=systemd:/a\n2:cpu,cpuacct:/\n0::/\n', '/a'],
    ['0::/a:b\n', '/a:b'],
    ['', ''],
    ['garbage\n', ''],
  ])('%j is %j', (content, expected) => {
    expect(parseProcessCgroup(new Text(Buffer.from(content)))).toBe(expected);
  });
});

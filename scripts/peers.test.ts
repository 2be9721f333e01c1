import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, onTestFinished, test } from 'vitest';

import { ensurePeers, type World } from './peers.ts';
import { unpackPeer } from './peers/debian.ts';
import { findProgram, type Peer, PEERS } from './peers/table.ts';

const LANTERN: Peer = {
  package: 'lantern',
  programs: ['lantern', 'wick'],
  how: 'unpack',
  neededBy: 'tests',
  why: 'gives light',
};

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'binnacle-peers-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function putScript(path: string, script: string): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

/** A real package whose programs are shell scripts. */
function buildPackage(target: string, script: string): void {
  const tree = folder();
  for (const program of LANTERN.programs) putScript(join(tree, 'usr/bin', program), script);
  mkdirSync(join(tree, 'DEBIAN'));
  const control =
    'Package: lantern\nVersion: 1.2-3\nArchitecture: all\nMaintainer: a <a@b>\nDescription: x\n';
  writeFileSync(join(tree, 'DEBIAN/control'), control);
  execFileSync('/usr/bin/dpkg-deb', ['--root-owner-group', '--build', tree, target], { stdio: 'ignore' });
}

function world(cache: string, more: Partial<World> = {}): World & { said: string[] } {
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);
  const fetch = (): Promise<void> => Promise.reject(new Error('the mirror is away'));
  return { cache, searchPath: '', canFetch: true, ci: false, fetch, say, said, ...more };
}

describe('unpacking a package', () => {
  const cases = [
    { name: 'a good one', script: 'echo lantern, version 1.2.3', spoil: () => {}, left: ['lantern'] },
    { name: 'a cut download', script: 'echo 1.2', spoil: (deb: string) => truncateSync(deb, 500), left: [] },
    { name: 'no download', script: 'echo 1.2', spoil: (deb: string) => rmSync(deb), left: [] },
    { name: 'a program that does not start', script: 'exit 127', spoil: () => {}, left: [] },
  ];
  test.each(cases)('$name leaves $left', async ({ script, spoil, left }) => {
    const cache = folder();
    const unpacked = unpackPeer(LANTERN, cache, async (name, into) => {
      buildPackage(join(into, `${name}_1.2-3_all.deb`), script);
      spoil(join(into, `${name}_1.2-3_all.deb`));
    });
    await (left.length > 0 ? unpacked : expect(unpacked).rejects.toThrow(/dpkg|no \.deb|--version/));
    expect(readdirSync(cache)).toEqual(left);
  });

  test('takes the place of a tree that is broken', async () => {
    const cache = folder();
    mkdirSync(join(cache, 'lantern/usr/bin'), { recursive: true });
    const told = world(cache, {
      fetch: (peer) =>
        unpackPeer(peer, cache, async (_, into) => buildPackage(join(into, 'l.deb'), 'echo lantern 1.2.3')),
    });
    expect(await ensurePeers([LANTERN], told)).toBe(true);
    expect(told.said).toEqual([
      "peers: unpacking Debian's lantern: gives light",
      'peers: 1 of 1 there: lantern 1.2.3',
    ]);
  });
});

describe('what is missing', () => {
  const bench: Peer = { ...LANTERN, neededBy: 'benches' };
  const cases = [
    { name: 'fails when tests need it', peer: LANTERN, more: {}, complete: false, because: 'mirror is away' },
    {
      name: 'is told when benches want it',
      peer: bench,
      more: {},
      complete: true,
      because: 'mirror is away',
    },
    { name: 'fails in CI in any case', peer: bench, more: { ci: true }, complete: false, because: 'mirror' },
    {
      name: 'is told where nothing can be fetched',
      peer: LANTERN,
      more: { canFetch: false },
      complete: false,
      because: 'no program lantern',
    },
  ];
  test.each(cases)('$name', async ({ peer, more, complete, because }) => {
    const told = world(folder(), more);
    expect(await ensurePeers([peer], told)).toBe(complete);
    expect(told.said.join('\n')).toMatch(new RegExp(`lantern is missing[^]*${because}[^]*to have it: .*\\w`));
  });

  test('is nothing when the programs are on the search path and start', async () => {
    const bin = folder();
    for (const program of LANTERN.programs) putScript(join(bin, program), 'echo 4.5');
    const told = world(folder(), { searchPath: `/nowhere:${bin}` });
    expect(await ensurePeers([LANTERN], told)).toBe(true);
    expect(told.said).toEqual(['peers: 1 of 1 there: lantern 4.5']);
  });
});

test('the cache comes before the search path', () => {
  const [cache, bin] = [folder(), folder()];
  putScript(join(bin, 'wick'), 'true');
  expect(findProgram(LANTERN, 'wick', cache, bin)).toBe(join(bin, 'wick'));
  putScript(join(cache, 'lantern/usr/bin/wick'), 'true');
  expect(findProgram(LANTERN, 'wick', cache, bin)).toBe(join(cache, 'lantern/usr/bin/wick'));
});

test('--list prints the table', () => {
  const script = join(import.meta.dirname, 'peers.ts');
  const { stdout, status } = spawnSync(process.execPath, [script, '--list'], { encoding: 'utf8' });
  expect(status).toBe(0);
  for (const peer of PEERS) expect(stdout).toContain(peer.why);
});

/**
 * `npx node scripts/peers.ts [--list]`: sees to it that the real components are there which tests and
 * benches run against, and says what it fetches and why. Does nothing, quickly, when all is there.
 *
 * Exit code 1 when something is missing that the tests need, or in CI (CI=true) anything: a missing component
 * is a failure, never a test left out.
 */
import { pathToFileURL } from 'node:url';

import { reasonOf } from '../lib/fault.ts';
import { aptDownload, installPeer, isDebian, remedy, unpackPeer, versionOf } from './peers/debian.ts';
import { cacheFolder, findProgram, type Peer, PEERS } from './peers/table.ts';

/** What `ensurePeers` needs from the world. */
export interface World {
  readonly cache: string;
  readonly searchPath: string;
  /** Can packages be fetched here? */
  readonly canFetch: boolean;
  /** In CI everything is needed. */
  readonly ci: boolean;
  fetch(peer: Peer): Promise<void>;
  say(line: string): void;
}

/** Fetches what is missing. False when something that is needed could not be had. */
export async function ensurePeers(peers: readonly Peer[], world: World): Promise<boolean> {
  const states = await Promise.all(peers.map((peer) => stateOf(peer, world)));
  let complete = true;
  const there: string[] = [];
  for (const [index, peer] of peers.entries()) {
    let state = states[index] as State;
    if (state.fault !== undefined && world.canFetch) state = await fetched(peer, world);
    if (state.fault === undefined) {
      there.push(`${peer.package} ${state.version}`);
      continue;
    }
    const needed = world.ci || peer.neededBy === 'tests';
    world.say(
      `peers: ${peer.package} is missing (${needed ? 'needed' : 'wanted'} by ${peer.neededBy}: ${peer.why})\n` +
        `  because: ${state.fault}\n  to have it: ${remedy(peer)}`,
    );
    complete &&= !needed;
  }
  world.say(`peers: ${there.length} of ${peers.length} there: ${there.join(', ')}`);
  return complete;
}

interface State {
  readonly version: string;
  readonly fault?: string;
}

async function stateOf(peer: Peer, world: World): Promise<State> {
  try {
    const versions = await Promise.all(
      peer.programs.map((program) => {
        const path = findProgram(peer, program, world.cache, world.searchPath);
        if (path === undefined) throw new Error(`no program ${program}`);
        return versionOf(path);
      }),
    );
    return { version: versions[0] as string };
  } catch (thrown) {
    return { version: 'unknown', fault: reasonOf(thrown).trim() };
  }
}

async function fetched(peer: Peer, world: World): Promise<State> {
  const what = peer.how === 'install' ? 'installing' : 'unpacking';
  world.say(`peers: ${what} Debian's ${peer.package}: ${peer.why}`);
  const trouble = await world.fetch(peer).then(
    () => undefined,
    (thrown: unknown) => reasonOf(thrown).trim(),
  );
  // Whether the programs start decides: apt-get also fails over a package that is none of our concern.
  const state = await stateOf(peer, world);
  return state.fault === undefined || trouble === undefined ? state : { ...state, fault: trouble };
}

function list(): string {
  const rows = PEERS.map((peer) => [
    peer.package,
    peer.programs.join(' '),
    peer.how,
    peer.neededBy,
    peer.why,
  ]);
  const table = [['package', 'programs', 'how', 'needed by', 'why'], ...rows];
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(...table.map((row) => (row[column] as string).length)),
  );
  return table.map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')).join('\n');
}

async function main(): Promise<void> {
  if (process.argv.includes('--list')) {
    console.log(list());
    return;
  }
  const complete = await ensurePeers(PEERS, {
    cache: cacheFolder(),
    searchPath: process.env['PATH'] ?? '',
    canFetch: isDebian(),
    ci: process.env['CI'] === 'true',
    fetch: (peer) =>
      peer.how === 'install' ? installPeer(peer) : unpackPeer(peer, cacheFolder(), aptDownload),
    say: (line) => console.log(line),
  });
  if (!complete) process.exitCode = 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();

/** Fetches packages of Debian: unpacked into a folder without installing them, or installed. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { Fault } from '../../lib/fault.ts';
import type { Peer } from './table.ts';

/** Puts one .deb of the named package into the folder. */
export type Download = (name: string, folder: string) => Promise<void>;

const run = promisify(execFile);

const APT_TIMEOUT_MS = 300_000;
const VERSION_TIMEOUT_MS = 20_000;

/** Can packages be fetched here at all? */
export function isDebian(): boolean {
  return existsSync('/usr/bin/apt-get') && existsSync('/usr/bin/dpkg');
}

/**
 * Unpacks a package below `cache`, in place of what is there by its name. Everything happens in a folder
 * beside it that is renamed last: a broken download, a program that does not start or a kill at any moment
 * never leaves a half tree under the final name.
 */
export async function unpackPeer(peer: Peer, cache: string, download: Download): Promise<void> {
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, `.${peer.package}-`));
  try {
    await download(peer.package, work);
    const deb = (await readdir(work)).find((name) => name.endsWith('.deb'));
    if (deb === undefined) throw new Fault('no_package', `the download of ${peer.package} left no .deb`);
    const tree = join(work, 'tree');
    await run('dpkg', ['-x', join(work, deb), tree]);
    for (const program of peer.programs) await versionOf(join(tree, 'usr/bin', program));
    const place = join(cache, peer.package);
    await rm(place, { recursive: true, force: true });
    await rename(tree, place);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * What a program says to `--version`, shortened to the number; `unknown` when it starts but names none, as
 * Debian's victoria-metrics. Throws when it does not start, with what the loader said.
 */
export async function versionOf(path: string): Promise<string> {
  try {
    const { stdout, stderr } = await run(path, ['--version'], { timeout: VERSION_TIMEOUT_MS });
    return /\d+(\.\d+)+/.exec(stdout + stderr)?.[0] ?? 'unknown';
  } catch (cause) {
    throw new Fault('does_not_start', `${path} --version does not work`, { cause });
  }
}

/** By `apt-get download`, which needs no rights; with newer package lists if it fails and we may fetch them. */
export const aptDownload: Download = async (name, folder) => {
  // The folder is the caller's own, so apt's user for downloads could not write there.
  const args = ['-q', '-o', 'APT::Sandbox::User=root', 'download', name];
  await withFreshLists(() => aptGet(args, folder));
};

/** By `apt-get install`, as root. What counts is that the programs start, which the caller checks. */
export async function installPeer(peer: Peer): Promise<void> {
  if (process.getuid?.() !== 0) {
    throw new Fault('not_root', `installing ${peer.package} needs root`);
  }
  const args = ['install', '--yes', '-q', '--no-install-recommends', peer.package];
  await withFreshLists(() => aptGet(['-o', 'DPkg::Lock::Timeout=240', ...args]));
}

/** What a person has to do to have the peer. */
export function remedy(peer: Peer): string {
  if (!isDebian()) return `put ${peer.programs.join(' and ')} (Debian's ${peer.package}) on the PATH`;
  return peer.how === 'install'
    ? `sudo apt-get install --no-install-recommends ${peer.package}`
    : 'sudo apt-get update, then npx node scripts/peers.ts';
}

/** Package lists may be missing or name versions that the mirror no longer has. */
async function withFreshLists(attempt: () => Promise<void>): Promise<void> {
  try {
    await attempt();
  } catch (thrown) {
    if (process.getuid?.() !== 0) throw thrown;
    // A list that can't be fetched need not be the one we want: the second attempt tells.
    await aptGet(['-q', 'update']).catch(() => {});
    await attempt();
  }
}

async function aptGet(args: readonly string[], cwd = '/'): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  try {
    await run('apt-get', args, { cwd, env, timeout: APT_TIMEOUT_MS, maxBuffer: 64 << 20 });
  } catch (cause) {
    throw new Fault('apt', `apt-get ${args.join(' ')}`, { cause, retry: true });
  }
}

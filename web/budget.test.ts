import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { beforeAll, expect, test } from 'vitest';

import { temporaryFolder } from '../test/tools/temporary-folder.ts';
import { buildPage } from './build.fake.ts';

const KIB = 1024;

let files: { name: string; content: string; gzipBytes: number }[] = [];

beforeAll(async () => {
  const folder = temporaryFolder();
  await buildPage(folder);
  files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const content = readFileSync(join(entry.parentPath, entry.name));
      return {
        name: entry.name,
        content: content.toString(),
        gzipBytes: gzipSync(content, { level: 9 }).length,
      };
    });
});

interface Sized {
  readonly name: string;
  readonly gzipBytes: number;
}

const sum = (files: readonly Sized[], extension: RegExp): number =>
  files.filter(({ name }) => extension.test(name)).reduce((bytes, file) => bytes + file.gzipBytes, 0);

/** What the page names, and what that imports at once: all that a first visit waits for. */
function firstLoad(): typeof files {
  const found = new Set(files.filter(({ name }) => name === 'index.html'));
  for (const { name, content } of found) {
    const named = name.endsWith('.html')
      ? content.matchAll(/\b(?:src|href)="[^"]*?([\w.-]+)"/g)
      : content.matchAll(/\b(?:from|import)\s*["']\.\/([\w.-]+)["']/g);
    for (const [, other] of named) {
      const file = files.find((file) => file.name === other);
      if (file) found.add(file);
    }
  }
  return [...found];
}

test('the first load is small: 60 KiB of script and 10 KiB of style, gzipped', () => {
  const first = firstLoad();
  expect(sum(first, /\.js$/)).toBeGreaterThan(20 * KIB);
  expect(sum(first, /\.js$/)).toBeLessThanOrEqual(60 * KIB);
  expect(sum(first, /\.css$/)).toBeGreaterThan(KIB);
  expect(sum(first, /\.css$/)).toBeLessThanOrEqual(10 * KIB);
});

test('views that are fetched when they are shown are not part of it; all together stay below 300 KiB', () => {
  expect(firstLoad().length).toBeLessThan(files.length);
  expect(sum(files, /\.js$/)).toBeLessThanOrEqual(300 * KIB);
  expect(sum(files, /\.css$/)).toBeLessThanOrEqual(20 * KIB);
});

test('every address in the page is relative, and nothing is inline', () => {
  const html = files.find(({ name }) => name === 'index.html')?.content ?? '';
  const addresses = [...html.matchAll(/\b(?:src|href)="([^"]*)"/g)].map((match) => match[1]);
  expect(addresses.length).toBeGreaterThanOrEqual(3);
  for (const address of addresses) expect(address).toMatch(/^\.\//);
  expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/);
});

test('no other host is named, but for the names of XML', () => {
  for (const { name, content } of files) {
    const hosts = [...content.matchAll(/\bhttps?:\/\/[\w.-]+/g)].map((match) => match[0]);
    expect(
      hosts.filter((host) => host !== 'http://www.w3.org'),
      name,
    ).toEqual([]);
    if (name.endsWith('.css')) expect(content).not.toMatch(/url\(|@import/);
  }
});

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { makeDurableFolder, replaceDurably } from './durable-file.ts';

// That a power cut leaves what is promised is shown by test/durability.

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'binnacle-durable-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test.each(['a', 'a/b/c', '.'])('makes the folder %s, and again', (name) => {
  const path = join(folder(), name);
  makeDurableFolder(path);
  makeDurableFolder(path);
  expect(existsSync(path)).toBe(true);
});

test('a folder that can not be made is told, also where the file system says ENOENT for it', () => {
  expect(() => makeDurableFolder('/proc/none/x')).toThrow(
    "ENOENT: no such file or directory, mkdir '/proc/none'",
  );
});

test('a file is replaced, and nothing is left beside it', () => {
  const place = folder();
  const file = join(place, 'x.json');
  for (const content of ['longer than the next', 'short']) {
    replaceDurably(file, content);
    expect(readFileSync(file, 'utf8')).toBe(content);
  }
  expect(readdirSync(place)).toEqual(['x.json']);
});

test('what can not be written leaves the old content', () => {
  const place = folder();
  const file = join(place, 'x.json');
  replaceDurably(file, 'old');
  expect(() => replaceDurably(join(place, 'none', 'x.json'), 'new')).toThrow('ENOENT');
  expect(readFileSync(file, 'utf8')).toBe('old');
});

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { describe, expect, test } from 'vitest';

const ROWS = 112;
const root = resolve(import.meta.dirname, '..');
const page = readFileSync(join(import.meta.dirname, 'requirements.md'), 'utf8');

/** `| number | expectation | state | shown by |`. */
const rows = [...page.matchAll(/^\| +(\d+) *\|([^|]*)\|([^|]*)\|([^|]*)\|$/gm)].map((match) => {
  const [number, expectation, state, shownBy] = match.slice(1).map((cell) => cell.trim());
  return { number: Number(number), expectation, state, shownBy: shownBy as string };
});

/** Of the form `file › title`, as code, parted by commas. */
function testsOf(shownBy: string): { file: string; title: string }[] {
  return [...shownBy.matchAll(/`([^`]+?) › ([^`]+)`/g)].map((match) => ({
    file: match[1] as string,
    title: match[2] as string,
  }));
}

/** Is a test of that title, as it is written in the source, called there and not left out? */
function hasTest(source: string, title: string): boolean {
  const quoted = title.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&');
  const call = new RegExp(`^.*\\(\\s*(['"\`])${quoted}\\1`, 'm').exec(source);
  return call !== null && !/\b(skip|todo|fails)\b/.test(call[0]);
}

/** What is wrong with a row, in words. */
function faultsOf({ number, expectation, state, shownBy }: (typeof rows)[number]): string[] {
  const faults: string[] = [];
  const shown = testsOf(shownBy);
  if (expectation === '') faults.push(`${number} expects nothing`);
  if (state !== (shown.length > 0 ? 'done' : 'open')) {
    faults.push(`${number} is ${state} with ${shown.length} tests`);
  }
  // Nothing else in the cell, so that no name of a test goes unchecked.
  const canonical = shown.map(({ file, title }) => `\`${file} › ${title}\``).join(', ');
  const openWith = shown.length === 0 && /^lacks [^`]+$/.test(shownBy);
  if (shownBy !== canonical && !openWith)
    faults.push(`${number} names its tests in another form than: ${canonical}`);
  for (const { file, title } of shown) {
    const path = join(root, file);
    if (!/\.(test|contract)\.tsx?$/.test(file) || !existsSync(path))
      faults.push(`${number}: no test file ${file}`);
    else if (!hasTest(readFileSync(path, 'utf8'), title))
      faults.push(`${number}: no test "${title}" in ${file}`);
  }
  return faults;
}

test('every row is there once, in order', () => {
  expect(rows.map((row) => row.number)).toEqual(Array.from({ length: ROWS }, (_, index) => index + 1));
});

test('a row is done if and only if it names tests, and all that it names exist', () => {
  expect(rows.flatMap(faultsOf)).toEqual([]);
});

describe('a fault of a row is told:', () => {
  const row = { number: 4, expectation: 'x', state: 'done' };
  const here = 'docs/requirements.test.ts';
  const cases = [
    { shownBy: `\`${here} › a title\``, faults: [] },
    { shownBy: '', faults: ['4 is done with 0 tests'] },
    { shownBy: `\`${here} › no such thing\``, faults: [`4: no test "no such thing" in ${here}`] },
    { shownBy: '`docs/gone.test.ts › a`', faults: ['4: no test file docs/gone.test.ts'] },
    { shownBy: '`docs/requirements.md › a`', faults: ['4: no test file docs/requirements.md'] },
    { state: 'open', shownBy: 'lacks this; and that', faults: [] },
    { state: 'open', shownBy: 'soon', faults: [expect.stringContaining('in another form')] },
    { shownBy: 'lacks this', faults: ['4 is done with 0 tests'] },
    { shownBy: `\`${here} › a title\` and more`, faults: [expect.stringContaining('in another form')] },
  ];
  test.each(cases)('$shownBy', ({ faults, ...cells }) => {
    expect(faultsOf({ ...row, ...cells })).toEqual(faults);
  });
});

describe('a title', () => {
  const cases = [
    { source: "  test('a (b) costs $1', () => {});", title: 'a (b) costs $1', found: true },
    { source: "  test.each(cases)(\n    '$name',", title: '$name', found: true },
    { source: 'describe("a\'s b", () => {', title: "a's b", found: true },
    { source: "test.skip('a', () => {});", title: 'a', found: false },
    { source: "test('a b', () => {});", title: 'a', found: false },
    { source: "// 'a' is not a test", title: 'a', found: false },
  ];
  test.each(cases)('$source', ({ source, title, found }) => {
    expect(hasTest(source, title)).toBe(found);
  });
});

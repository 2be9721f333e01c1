import { readFileSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { HUES } from '../chart/hue.ts';

const css = readFileSync(new URL('tokens.css', import.meta.url), 'utf8');
const tokens = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);/g)].map(
    ([, name, light, dark]) => [name as string, { light: light as string, dark: dark as string }] as const,
  ),
);

/** Relative luminance and contrast as WCAG 2.2 defines them. */
function luminance(color: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function color(name: string, theme: 'light' | 'dark'): string {
  const found = tokens.get(name);
  if (!found) throw new Error(`no token --${name}`);
  return found[theme];
}

const TEXTS: [string, string][] = [
  ...['text', 'text-muted'].flatMap((text): [string, string][] =>
    ['ground', 'surface', 'raised', 'pressed'].map((ground) => [text, ground]),
  ),
  ['brass', 'brass-soft'],
  ['brass', 'surface'],
  ...['good', 'warning', 'bad'].flatMap((level): [string, string][] => [
    [level, `${level}-soft`],
    [level, 'surface'],
  ]),
];

describe.each(['light', 'dark'] as const)('in %s', (theme) => {
  test.each(TEXTS)('%s on %s can be read (AA: 4.5)', (text, ground) => {
    expect(contrast(color(text, theme), color(ground, theme))).toBeGreaterThanOrEqual(4.5);
  });

  test.each(HUES)('a line in %s can be seen (3)', (hue) => {
    expect(contrast(color(`hue-${hue}`, theme), color('surface', theme))).toBeGreaterThanOrEqual(3);
  });
});

test('black on white has the contrast that the standard says', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5);
});

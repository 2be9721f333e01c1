import { HUES } from './hue.ts';
import type { Hue } from './hue.ts';

/** Colours as a canvas takes them, read from the style sheet. */
export interface Palette {
  readonly hues: Readonly<Record<Hue, string>>;
  readonly text: string;
  readonly grid: string;
  readonly zero: string;
}

/** Resolves the custom properties on `element`: what a canvas gets cannot hold `var()` or `light-dark()`. */
export function readPalette(element: HTMLElement): Palette {
  const probe = element.ownerDocument.createElement('span');
  element.append(probe);
  const resolve = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const hues = Object.fromEntries(HUES.map((hue) => [hue, resolve(`hue-${hue}`)])) as Record<Hue, string>;
  const palette = { hues, text: resolve('text-muted'), grid: resolve('grid'), zero: resolve('line-strong') };
  probe.remove();
  return palette;
}

/** The colour `rgb(r, g, b)` with an opacity of 0..1. */
export function withAlpha(color: string, alpha: number): string {
  return color.replace(/^rgb\((.*)\)$/, `rgba($1, ${alpha})`);
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';

import { type Labels, labelsFrom, METRIC_NAME } from '../../wire/labels.ts';
import { type Dataset, INTERVAL_MS, START_MS, type Target, targetOf, type TargetRow } from './dataset.ts';
import { filesOfTar } from './tar.ts';

const RECORDING = join(import.meta.dirname, '../fixtures/node-exporter-480.tar.zst');
const MAX_BYTES = 1 << 27;
/** What a scraper adds to every series. */
const SCRAPED = { instance: '127.0.0.1:9100', job: 'node-exporter' };

/** Real scrapes of one node-exporter, taken as 15 s apart; series come and go as they did. */
export function recordedScrapes(): Dataset {
  return {
    key: 'scrapes',
    title: '480 scrapes of node-exporter',
    probe: 'node_cpu_seconds_total',
    *ticks() {
      const pages = new Pages();
      let atMs = START_MS;
      const archive = zstdDecompressSync(readFileSync(RECORDING), { maxOutputLength: MAX_BYTES });
      for (const { bytes } of filesOfTar(archive)) {
        yield { atMs, rows: [pages.row(Buffer.from(bytes).toString())] };
        atMs += INTERVAL_MS;
      }
    },
  };
}

/** Reads pages of the text format, and knows a list of series again that it met before. */
export class Pages {
  readonly #targets = new Map<string, Target>();
  readonly #labels = new Map<string, Labels>();

  row(page: string): TargetRow {
    const series: string[] = [];
    const values: number[] = [];
    for (const line of page.split('\n')) {
      if (line === '' || line.startsWith('#')) continue;
      const space = line.lastIndexOf(' ');
      series.push(line.slice(0, space));
      values.push(numberOf(line.slice(space + 1)));
    }
    const key = series.join('\n');
    let target = this.#targets.get(key);
    if (target === undefined) {
      this.#targets.set(key, (target = targetOf(series.map((text) => this.#labelsOf(text)))));
    }
    return { target, values: Float64Array.from(values) };
  }

  #labelsOf(text: string): Labels {
    let labels = this.#labels.get(text);
    if (labels === undefined) this.#labels.set(text, (labels = parseSeries(text)));
    return labels;
  }
}

function parseSeries(text: string): Labels {
  const [, name = '', inner = ''] = /^([^{]+)(?:\{(.*)\})?$/.exec(text) ?? [];
  const pairs = [...inner.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)].map(
    ([, label, value]) => [label as string, unescaped(value as string)] as const,
  );
  return labelsFrom({ ...Object.fromEntries(pairs), ...SCRAPED, [METRIC_NAME]: name });
}

function unescaped(value: string): string {
  return value.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));
}

function numberOf(text: string): number {
  const value = text.endsWith('Inf') ? Number(text.replace('Inf', 'Infinity')) : Number(text);
  if (Number.isNaN(value) && text !== 'NaN') throw new Error(`${JSON.stringify(text)} is not a number`);
  return value;
}

import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { systemClock } from '../lib/clock.ts';
import { labelsFrom, printLabels } from '../wire/labels.ts';
import { atEnd } from './tools/at-end.ts';
import { startBinnacle } from './tools/binnacle.ts';
import { freePort } from './tools/free-port.ts';
import { peer } from './tools/peers.ts';
import { startProgram } from './tools/start-program.ts';
import { temporaryFolder } from './tools/temporary-folder.ts';
import { waitUntil } from './tools/wait-until.ts';

/** All that the text formats allow and Debian's Prometheus reads, with the corners in which readers differ. */
const SAMPLES = [
  'plain 1',
  'colon:name:rate5m 0.1',
  'a_histogram_bucket{le="0.5",} 3',
  'a_histogram_bucket{le="+Inf"} 7',
  'a_histogram_sum 1.7976931348623157e308',
  'a_histogram_count 7',
  'named_otherwise_total{job="mine"} 18014398509481985',
  'blanks {  x = "y"  ,  z="" }   4e-324',
  'tab\t2\t',
  'escapes{a="\\\\",b="\\"",c="line\\nbreak",d="\\t\\x",e="}, 1 # {",f="C:\\\\dir\\\\n"} -0',
  'unicode{city="Zürich",face="😀",zero="\u200b"} 123456789.123456789',
  'special{kind="nan"} NaN',
  'special{kind="nan2"} nan',
  'special{kind="inf"} +Inf',
  'special{kind="minus"} -inf',
  'special{kind="word"} Infinity',
  'notation{x="dot"} .5',
  'notation{x="end"} 5.',
  'notation{x="plus"} +5e+3',
  'notation{x="long"} 0.30000000000000004440892098500626',
  'notation{x="zeros"} 00012',
  'twice{a="1",b="2"} 1',
  'twice{b="3",a="1"} 2',
];

type Answer = { data: { result: { metric: Record<string, string>; values: [number, string][] }[] } };

/** The newest sample of every series of the page. */
async function seriesAt(url: string, own: string, timed: boolean): Promise<Record<string, string>> {
  const query = `{${own},__name__!~"up|scrape_.*"}[5m]`;
  const response = await fetch(`${url}/api/v1/query`, {
    method: 'POST',
    body: new URLSearchParams({ query }),
  });
  const { data } = (await response.json()) as Answer;
  return Object.fromEntries(
    data.result.map(({ metric, values }) => {
      const [seconds, value] = values.at(-1) as [number, string];
      return [printLabels(labelsFrom(metric)), timed ? `${value} @${seconds}` : value];
    }),
  );
}

test(
  "a page is read as Debian's Prometheus reads it, in both formats",
  async () => {
    const nowSeconds = Math.floor(systemClock.nowMs() / 1000);
    const comments =
      '# HELP plain Some \\\\ "help" {x="y"}\n# TYPE plain gauge\n# TYPE named_otherwise counter\n';
    const text = `#comment\n# another\n\n${comments}${SAMPLES.join('\n')}\ntimed{x="ms"} 5 ${nowSeconds * 1000 - 250}\n`;
    // OpenMetrics allows neither blanks around tokens nor a comma at the end.
    const strict = SAMPLES.filter((line) => !/,}|blanks|^tab/.test(line)).join('\n');
    const openMetrics = `${comments}${strict}\nreqs_bucket{le="1"} 4 ${nowSeconds}.5 # {trace_id="a b"} 0.5 ${nowSeconds}.25\nreqs_total 5 # {id="x"} 1\ntimed{x="s"} 6 ${nowSeconds - 1}.75\n# EOF\n`;
    const pages: Record<string, { type: string; body: string }> = {
      '/text': { type: 'text/plain; version=0.0.4; charset=utf-8', body: text },
      '/openmetrics': {
        type: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
        body: openMetrics,
      },
    };
    const exporter = createServer((request, answer) => {
      const { type, body } = pages[request.url ?? ''] as { type: string; body: string };
      answer.setHeader('content-type', type).end(body);
    }).listen(0, '127.0.0.1');
    atEnd(() => void exporter.close());
    await new Promise((resolve) => exporter.once('listening', resolve));
    const target = `127.0.0.1:${(exporter.address() as AddressInfo).port}`;

    const [port, prometheusPort] = [await freePort(), await freePort()];
    const folder = temporaryFolder();
    const [ours, theirs] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${prometheusPort}`];
    const configuration = {
      global: { scrape_interval: '1s' },
      scrape_configs: Object.keys(pages).map((path) => ({
        job_name: path,
        metrics_path: path,
        honor_labels: true,
        static_configs: [{ targets: [target], labels: { instance: 'page', page: path } }],
      })),
    };
    await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(configuration));
    await startBinnacle('aggregator', port, folder);
    await startProgram({
      command: peer('prometheus'),
      args: [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'tsdb')}`,
        `--web.listen-address=127.0.0.1:${prometheusPort}`,
      ],
      readyUrl: `${theirs}/-/ready`,
    });
    for (const [path, { type, body }] of Object.entries(pages)) {
      // The labels that Prometheus adds, where the page has none of that name.
      const job = 'named_otherwise_total{job="mine"}';
      const own = new URLSearchParams([
        ['extra_label', 'instance=page'],
        ['extra_label', `page=${path}`],
      ]);
      const send = async (query: URLSearchParams, lines: string): Promise<string> => {
        const answer = await fetch(`${ours}/api/v1/import/prometheus?${query.toString()}`, {
          method: 'POST',
          headers: { 'content-type': type },
          body: lines,
        });
        return `${answer.status} ${await answer.text()}`;
      };
      const lines = body.split('\n');
      const mine = lines.filter((line) => line.startsWith(job) || line === '# EOF').join('\n');
      expect(await send(own, `${mine}\n`)).toBe('204 ');
      own.append('extra_label', `job=${path}`);
      expect(await send(own, lines.filter((line) => !line.startsWith(job)).join('\n'))).toBe('204 ');

      const selector = `page="${path}"`;
      await waitUntil(async () => Object.keys(await seriesAt(theirs, selector, false)).length > 0, {
        what: `Prometheus's scrape of ${path}`,
        timeoutMs: 30_000,
      });
      const expected = await seriesAt(theirs, selector, false);
      expect(Object.keys(expected).length).toBeGreaterThan(15);
      expect(await seriesAt(ours, selector, false)).toEqual(expected);
      const timed = `${selector},__name__=~"timed|reqs_bucket"`;
      expect(await seriesAt(ours, timed, true)).toEqual(await seriesAt(theirs, timed, true));
    }
  },
  2 * 60_000,
);

import { Gauge, Histogram, Registry } from 'prom-client';
import { expect, test } from 'vitest';

import { settingsTables } from '../../cli/parts.ts';
import { generatedDocuments } from './documents.ts';
import { metricsTable } from './metrics-page.ts';

test('every setting of every part is documented once', () => {
  const text = new Map(generatedDocuments()).get('settings.md') ?? '';
  const keys = new Set(
    Object.values(settingsTables).flatMap((table) => Object.values(table).map(({ key }) => key)),
  );
  for (const key of keys) expect(text.split(`\n| \`${key}\` |`), key).toHaveLength(2);
});

test('metrics are listed by name, with labels and the part they are of', () => {
  const [agent, aggregator] = [new Registry(), new Registry()];
  void new Histogram({
    name: 'z_seconds',
    help: 'Long | short.',
    labelNames: ['a', 'b'],
    registers: [agent],
  });
  void new Gauge({ name: 'a_bytes', help: 'Size.', registers: [aggregator] });
  expect(metricsTable({ agent, aggregator }).split('\n').slice(2)).toEqual([
    '| `a_bytes` | gauge |  | aggregator | Size. |',
    '| `z_seconds` | histogram | `a`, `b` | agent | Long \\| short. |',
    '',
  ]);
});

import type { EffectiveSetting, PartTables } from './settings-read.ts';
import { CONFIG_KEY, environmentNameOf, flagOf } from './settings-sources.ts';
import { path, type Setting } from './settings.ts';

/** Names the file; read before all others, so that no part declares it. */
const configSetting = path({
  key: CONFIG_KEY,
  doc: 'A YAML file with settings, nested by dots: `agent: {interval: 5s}`.',
});

/** One line a setting: key, value, where it came from. Holds no secrets. */
export function printEffective(effective: readonly EffectiveSetting[]): string {
  const lines = new Map(
    effective.map(({ key, shown, source }) => [
      `${key} ${shown} ${source}`,
      [key, shown === '' ? '-' : shown, source],
    ]),
  );
  return columns([...lines.values()]);
}

/** The flags of some parts with meaning and default, for `--help`. */
export function printFlags(tables: PartTables): string {
  return columns(
    rowsOf(tables).map(({ setting, defaults }) => [
      `  ${flagOf(setting.key)}`,
      `${setting.doc.replaceAll('`', '')} (${[setting.kind, ...(defaults.length > 0 ? [`default ${defaultsText(defaults, '')}`] : [])].join('; ')})`,
    ]),
  );
}

/** The table of all settings for the documentation, in Markdown. */
export function renderMarkdown(tables: PartTables): string {
  const lines = rowsOf(tables).map(({ setting, parts, defaults }) => {
    const cells = [
      `\`${setting.key}\``,
      `\`${flagOf(setting.key)}\``,
      `\`${environmentNameOf(setting.key)}\``,
      defaultsText(defaults, '`'),
      setting.kind,
      parts.join(', '),
      setting.doc,
    ];
    return `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
  });
  const head = [
    '| key | flag | environment | default | value | of | meaning |',
    '|---|---|---|---|---|---|---|',
  ];
  return `${[...head, ...lines].join('\n')}\n`;
}

interface Row {
  readonly setting: Setting<unknown>;
  readonly parts: string[];
  readonly defaults: { part: string; shown: string }[];
}

/** One row a key, in the order of declaration, with the parts that declare it. */
function rowsOf(tables: PartTables): Row[] {
  const rows = new Map<string, Row>([[CONFIG_KEY, { setting: configSetting, parts: ['all'], defaults: [] }]]);
  for (const [part, table] of Object.entries(tables)) {
    for (const setting of Object.values(table)) {
      const row = rows.get(setting.key) ?? { setting, parts: [], defaults: [] };
      row.parts.push(part);
      const shown = setting.show(setting.default);
      if (shown !== '') row.defaults.push({ part, shown });
      rows.set(setting.key, row);
    }
  }
  return [...rows.values()];
}

/** One text when all parts agree, else each with its part. */
function defaultsText(defaults: Row['defaults'], quote: string): string {
  const shown = new Set(defaults.map(({ shown }) => quote + shown + quote));
  if (shown.size <= 1) return [...shown].join('');
  return defaults.map(({ part, shown }) => `${quote}${shown}${quote} (${part})`).join(', ');
}

/** Lines of cells, all but the last of a line padded to the widest of their column. */
function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, cell.length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join('  ');
  return rows.map((row) => `${line(row)}\n`).join('');
}

import type { Registry } from 'prom-client';

/** The metrics of registries by the part that they are of, as one Markdown table. */
export function metricsTable(registries: Readonly<Record<string, Registry>>): string {
  const lines = Object.entries(registries).flatMap(([part, registry]) =>
    registry.getMetricsAsArray().map((metric) => {
      // The declared type lacks what every metric has.
      const { labelNames } = metric as unknown as { labelNames: readonly string[] };
      const cells = [
        `\`${metric.name}\``,
        String(metric.type),
        labelNames.map((name) => `\`${name}\``).join(', '),
        part,
        metric.help,
      ];
      return `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
    }),
  );
  return ['| metric | type | labels | of | meaning |', '|---|---|---|---|---|', ...lines.sort(), ''].join(
    '\n',
  );
}

import type { JSX } from 'preact';

import type { QueryResult } from '../../api/answer.ts';
import { formatValue } from '../../format/unit.ts';
import { REAL_FILE_SYSTEMS } from '../../panel/host-filter.ts';
import { expand } from '../../panel/panel.ts';
import { PanelNote } from '../../panel/panel-note.tsx';
import { useInstantFeed } from '../../series/use-feed.ts';
import { useVisible } from '../../shell/use-visible.ts';
import { FULLEST_FILE_SYSTEM, levelOf } from './figures.ts';

const EXPRESSIONS = [
  `max by (mountpoint, device, fstype) (node_filesystem_size_bytes{$host,${REAL_FILE_SYSTEMS}})`,
  `max by (mountpoint, device, fstype) (node_filesystem_avail_bytes{$host,${REAL_FILE_SYSTEMS}})`,
];

interface FileSystem {
  readonly mountpoint: string;
  readonly device: string;
  readonly sizeBytes: number;
  readonly availableBytes: number;
}

/** A bar for each file system, the fullest first. */
export function FileSystems({ host }: { host: string }): JSX.Element {
  const [element, visible] = useVisible<HTMLElement>();
  const scope = { host, rateWindowSeconds: 30 };
  const feed = useInstantFeed(
    EXPRESSIONS.map((expression) => expand(expression, scope)),
    visible,
  );
  const instant = feed.instant.value;
  const fileSystems = fileSystemsOf(instant?.results ?? []);
  return (
    <section ref={element} class="panel" aria-label="File systems">
      <div class="panel-head">
        <h2>File systems</h2>
      </div>
      <ul class="file-systems">
        {fileSystems.map((fileSystem) => (
          <FileSystemBar key={`${fileSystem.mountpoint} ${fileSystem.device}`} {...fileSystem} />
        ))}
      </ul>
      <PanelNote fault={feed.fault.value} loading={instant === null} empty={fileSystems.length === 0} />
    </section>
  );
}

function FileSystemBar({ mountpoint, device, sizeBytes, availableBytes }: FileSystem): JSX.Element {
  const used = 1 - availableBytes / sizeBytes;
  const level = levelOf(FULLEST_FILE_SYSTEM, used);
  return (
    <li title={device}>
      <span class="fs-name">{mountpoint}</span>
      <span class="fs-free">
        {formatValue(availableBytes, 'bytes')} free of {formatValue(sizeBytes, 'bytes')}
      </span>
      <span class="fs-used">{formatValue(used, 'ratio')}</span>
      <span class={`meter meter-${level}`} aria-hidden="true">
        <span style={{ transform: `scaleX(${used.toFixed(4)})` }} />
      </span>
    </li>
  );
}

function fileSystemsOf(results: readonly QueryResult[]): FileSystem[] {
  const key = (labels: Readonly<Record<string, string>>): string =>
    `${labels['mountpoint']} ${labels['device']}`;
  const available = new Map(
    results[1]?.series.map(({ labels, points }) => [key(labels), points[0]?.[1] ?? 0]),
  );
  return (results[0]?.series ?? [])
    .map(({ labels, points }) => ({
      mountpoint: labels['mountpoint'] ?? '?',
      device: labels['device'] ?? '',
      sizeBytes: points[0]?.[1] ?? 0,
      availableBytes: available.get(key(labels)) ?? 0,
    }))
    .filter(({ sizeBytes }) => sizeBytes > 0)
    .sort((a, b) => a.availableBytes / a.sizeBytes - b.availableBytes / b.sizeBytes);
}

/** How long our aggregator takes from its start to the first answer, on a store of many days. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { freePort } from '../../test/tools/free-port.ts';
import type { Figure } from '../bench.ts';
import { folderBytes } from './folder-size.ts';
import { ours } from './ours.ts';
import { System } from './system.ts';

const GOAL_SECONDS = 2;
const WARM_STARTS = 3;
/** One series of each pod of a twelfth of the cluster, as a panel asks; by a value that is in every label index. */
const QUERY = 'count(last_over_time(up{namespace="team-1"}[1h]))';

interface Start {
  readonly seconds: number;
  readonly anonymousMb: number;
}

export async function measureStart(folder: string, lastMs: number): Promise<{ cold: Start; warm: Start }> {
  dropPages(folder);
  const cold = await startOnce(folder, lastMs);
  const warm: Start[] = [];
  for (let i = 0; i < WARM_STARTS; i++) warm.push(await startOnce(folder, lastMs));
  warm.sort((a, b) => a.seconds - b.seconds);
  return { cold, warm: warm[Math.floor(WARM_STARTS / 2)] as Start };
}

async function startOnce(folder: string, lastMs: number): Promise<Start> {
  const system = new System(ours(folder, await freePort()));
  try {
    const seconds = await system.restart(QUERY, lastMs);
    return { seconds, anonymousMb: system.now().anonymousBytes / 1e6 };
  } finally {
    await system.stop();
  }
}

/** Takes the files out of the page cache (posix_fadvise, which Node has not): as dd's manual says. */
function dropPages(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    execFileSync('/usr/bin/dd', [`if=${file}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' });
  }
}

export function startFigures(
  { cold, warm }: { readonly cold: Start; readonly warm: Start },
  folder: string,
  samples: number,
): Figure[] {
  return [
    {
      key: 'start_cold_seconds',
      what: 'start until the first answer, files not in memory',
      unit: 's',
      ours: cold.seconds,
      atMost: GOAL_SECONDS,
    },
    {
      key: 'start_warm_seconds',
      what: 'start until the first answer, files in memory',
      unit: 's',
      ours: warm.seconds,
      atMost: GOAL_SECONDS,
    },
    { key: 'start_anonymous_mb', what: 'memory then', unit: 'MB', ours: warm.anonymousMb },
    {
      key: 'start_disk_bytes_per_sample',
      what: 'disk of 4 samples a series and day',
      unit: 'bytes a sample',
      ours: folderBytes(folder) / samples,
    },
  ];
}

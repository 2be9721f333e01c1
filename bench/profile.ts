/**
 * `node bench/profile.ts FOLDER`: where V8's CPU profiles in a folder (`--cpu-prof`, as `bench/store.ts --profile`
 * has them made) say that the time went: each thread's functions by the share of its busy time, own time alone
 * and with all that they call.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { aligned } from './bench.ts';

interface Node {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

/** As V8 writes it: `samples[i]` is the node that ran for the `timeDeltas[i]` microseconds before it. */
export interface CpuProfile {
  readonly nodes: readonly Node[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface Spent {
  readonly name: string;
  /** Seconds in the function itself, and with all that it called. */
  readonly own: number;
  readonly total: number;
}

const WAITS = new Set(['(idle)', '(program)', '(root)']);
const SHOWN = 30;

/** Functions by their own time, the most first; `busy` is the sum of own times but waiting, in seconds. */
export function spentIn(profile: CpuProfile): { readonly busy: number; readonly functions: Spent[] } {
  const ownOfNode = new Map<number, number>();
  for (const [i, id] of profile.samples.entries()) {
    ownOfNode.set(id, (ownOfNode.get(id) ?? 0) + (profile.timeDeltas[i] as number) / 1e6);
  }
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const sums = new Map<string, { own: number; total: number }>();
  /** Adds the subtree below a node; a function that calls itself counts once. */
  const walk = (node: Node, above: ReadonlySet<string>): number => {
    const name = nameOf(node);
    const own = ownOfNode.get(node.id) ?? 0;
    const inside = new Set(above).add(name);
    let total = own;
    for (const child of node.children ?? []) total += walk(nodes.get(child) as Node, inside);
    const sum = sums.get(name) ?? { own: 0, total: 0 };
    sums.set(name, { own: sum.own + own, total: sum.total + (above.has(name) ? 0 : total) });
    return total;
  };
  walk(profile.nodes[0] as Node, new Set());
  const functions = [...sums]
    .map(([name, { own, total }]) => ({ name, own, total }))
    .filter(({ name }) => !WAITS.has(name))
    .sort((a, b) => b.own - a.own);
  return { busy: functions.reduce((sum, { own }) => sum + own, 0), functions };
}

function nameOf({ callFrame: { functionName, url, lineNumber } }: Node): string {
  if (url === '') return functionName === '' ? '(native)' : functionName;
  return `${functionName === '' ? '(anonymous)' : functionName} ${basename(url)}:${lineNumber + 1}`;
}

function print(file: string): void {
  const { busy, functions } = spentIn(JSON.parse(readFileSync(file, 'utf8')) as CpuProfile);
  const share = (seconds: number): string => `${((100 * seconds) / busy).toFixed(1)} %`;
  const rows = functions.slice(0, SHOWN).map(({ name, own, total }) => [name, share(own), share(total)]);
  console.log(`\n${file}: busy for ${busy.toFixed(1)} s\n`);
  console.log(aligned([['', 'own', 'with its calls'], ...rows]));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const folder = process.argv[2] ?? '.';
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.cpuprofile')))
    print(join(folder, name));
}

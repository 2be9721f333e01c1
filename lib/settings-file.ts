import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';

import { reasonOf } from './fault.ts';
import { didYouMean, type Given, type Known } from './settings-sources.ts';

/** A value of the file that is not a mapping, with the keys above it joined by dots. */
interface Leaf {
  readonly key: string;
  readonly node: unknown;
  readonly offset: number;
}

/** Reads a YAML file whose nesting is joined by dots. Faults are appended, with their lines. */
export function givenByFile(
  path: string,
  readFile: (path: string) => string,
  known: Known,
  faults: string[],
): Given[] {
  const given = new Map<string, Given>();
  const lines = new LineCounter();
  const at = (offset: number): string => `${path} line ${lines.linePos(offset).line}`;
  let document: Document;
  try {
    // The failsafe schema leaves every value the text that it was written as: 0400 stays 0400.
    const options = { schema: 'failsafe', lineCounter: lines, prettyErrors: false } as const;
    document = parseDocument(readFile(path), options);
  } catch (error) {
    faults.push(`${path}: cannot be read: ${reasonOf(error)}`);
    return [];
  }
  for (const { code, message, pos } of document.errors) {
    faults.push(`${at(pos[0])}: ${code === 'MULTIPLE_DOCS' ? 'a second document begins' : message}`);
  }
  const root = document.contents;
  if (document.errors.length > 0 || root === null || (isScalar(root) && root.value === '')) return [];
  if (!isMap(root)) {
    faults.push(`${path}: is not a YAML mapping of settings`);
    return [];
  }
  for (const leaf of leavesOf(root, '', 0)) {
    const source = `${at(leaf.offset)} ${leaf.key}`;
    const texts = given.has(leaf.key) ? 'is there twice' : textsOf(leaf, known);
    if (typeof texts === 'string') faults.push(`${source}: ${texts}`);
    else if (texts !== undefined) given.set(leaf.key, { key: leaf.key, texts, source });
  }
  return [...given.values()];
}

function* leavesOf(node: unknown, key: string, offset: number): Generator<Leaf> {
  if (!isMap(node)) {
    yield { key, node, offset };
    return;
  }
  for (const item of node.items) {
    const name = isScalar(item.key) ? String(item.key.value) : '';
    const itemOffset = isScalar(item.key) ? (item.key.range?.[0] ?? offset) : offset;
    yield* leavesOf(item.value, key === '' ? name : `${key}.${name}`, itemOffset);
  }
}

/** The texts of a leaf, undefined when it says nothing to the parts that start here, or what is wrong with it. */
function textsOf({ key, node }: Leaf, known: Known): readonly string[] | string | undefined {
  if (known.elsewhere.has(key)) return undefined;
  const setting = known.here.get(key);
  const keys = [...known.here.keys(), ...known.elsewhere];
  const empty = isScalar(node) && node.type === 'PLAIN' && node.value === '';
  // `agent:` with all below it commented out says nothing, and is not wrong.
  if (empty && keys.some((other) => other.startsWith(`${key}.`))) return undefined;
  if (setting === undefined) return `no such setting${didYouMean(key, keys)}`;
  if (empty) return 'has no value';
  if (isScalar(node)) return setting.arity === 'list' ? String(node.value).split(',') : [String(node.value)];
  if (!isSeq(node)) return 'aliases are not understood, write the value';
  if (setting.arity !== 'list') return 'takes one value, not a list';
  return node.items.every(isScalar) ? node.items.map((item) => String(item.value)) : 'is not a plain list';
}

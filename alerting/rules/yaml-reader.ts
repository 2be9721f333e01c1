import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Document,
  type Node,
  type YAMLMap,
} from 'yaml';

import { Fault, reasonOf } from '../../lib/fault.ts';

/** A key of a mapping with its value, as the schema of rule files knows them. */
export interface Field {
  readonly name: string;
  readonly node: Node | undefined;
  readonly at: number;
}

/**
 * Reads a YAML file by a fixed shape and collects all faults, each with the place: `file:line:column: where: what`.
 * Scalars are the text that they were written as.
 */
export class YamlReader {
  readonly faults: string[] = [];
  /** A second document and what follows it are not read. */
  readonly hasMore: boolean;
  readonly #file: string;
  readonly #lines = new LineCounter();
  readonly #document: Document | undefined;

  constructor(file: string, text: string) {
    this.#file = file;
    const options = { schema: 'failsafe', lineCounter: this.#lines, prettyErrors: false } as const;
    const documents = Array.from(parseAllDocuments(text, options) as readonly Document[]);
    this.#document = documents[0];
    this.hasMore = documents.length > 1;
    for (const { message, pos } of this.#document?.errors ?? []) this.fault(pos[0], '', message);
  }

  get root(): Node | undefined {
    return this.faults.length > 0 ? undefined : this.#resolve(this.#document?.contents);
  }

  fault(at: number, where: string, reason: string): void {
    const { line, col } = this.#lines.linePos(at);
    this.faults.push(`${this.#file}:${line}:${col}: ${where}${where === '' ? '' : ': '}${reason}`);
  }

  /** The fields of a mapping that are known; others, and fields given twice, are faults. */
  fields(node: Node | undefined, where: string, names: readonly string[]): Map<string, Field> {
    const fields = new Map<string, Field>();
    for (const field of this.entries(node, where)) {
      if (names.includes(field.name)) fields.set(field.name, field);
      else
        this.fault(
          field.at,
          where,
          `there is no field ${JSON.stringify(field.name)}; there are ${names.join(', ')}`,
        );
    }
    return fields;
  }

  /** The entries of a mapping; an empty value is none. */
  entries(node: Node | undefined, where: string): Field[] {
    if (node === undefined || isEmpty(node)) return [];
    if (!isMap(node)) {
      this.fault(offsetOf(node), where, `expected a mapping, found ${describe(node)}`);
      return [];
    }
    return this.#entriesOf(node, where);
  }

  items(node: Node | undefined, where: string): Node[] {
    if (node === undefined || isEmpty(node)) return [];
    if (isSeq(node)) {
      return node.items.flatMap((item) => {
        const resolved = this.#resolve(item);
        return resolved === undefined ? [] : [resolved];
      });
    }
    this.fault(offsetOf(node), where, `expected a list, found ${describe(node)}`);
    return [];
  }

  /** The text of a scalar, `''` when it is absent or empty. */
  text(field: Field | undefined, where: string): string {
    if (field?.node === undefined || isEmpty(field.node)) return '';
    if (isScalar(field.node)) return String(field.node.value);
    this.fault(field.at, `${where}${field.name}`, `expected a text, found ${describe(field.node)}`);
    return '';
  }

  /** What `parse` makes of the text; undefined when the field is absent or when `parse` throws, which is a fault. */
  value<T>(field: Field | undefined, where: string, parse: (text: string) => T): T | undefined {
    const text = this.text(field, where);
    if (field?.node === undefined || text === '') return undefined;
    try {
      return parse(text);
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown;
      this.fault(offsetOf(field.node), `${where}${field.name}`, `${quoteShort(text)} ${reasonOf(thrown)}`);
      return undefined;
    }
  }

  #entriesOf(map: YAMLMap, where: string): Field[] {
    return map.items.flatMap(({ key, value }) => {
      const at = offsetOf(key as Node);
      if (isScalar(key)) return [{ name: String(key.value), node: this.#resolve(value), at }];
      this.fault(at, where, `expected a name, found ${describe(key as Node)}`);
      return [];
    });
  }

  #resolve(node: unknown): Node | undefined {
    if (isAlias(node)) return this.#document === undefined ? undefined : node.resolve(this.#document);
    return isScalar(node) || isMap(node) || isSeq(node) ? node : undefined;
  }
}

export function offsetOf(node: Node | undefined | null): number {
  return node?.range?.[0] ?? 0;
}

function quoteShort(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}

function isEmpty(node: Node): boolean {
  return isScalar(node) && node.type === 'PLAIN' && /^(|~|null)$/i.test(String(node.value));
}

function describe(node: Node): string {
  if (isMap(node)) return 'a mapping';
  if (isSeq(node)) return 'a list';
  return isScalar(node) ? quoteShort(String(node.value)) : 'something else';
}

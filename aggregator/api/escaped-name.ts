/** Between the underscores: one that stands for itself, or the number of a character in hexadecimal digits. */
const ESCAPED = /^U__((?:[^_]|__|_[0-9A-Fa-f]{1,6}_)*)$/;

/**
 * The name of a label as it stands in a path: one with characters beyond `[A-Za-z0-9_:]` is escaped as
 * `U__my_2e_name` (prometheus/docs `instrumenting/escaping_schemes.md`, "Value encoding escaping"). What is no escape
 * stands for itself.
 */
export function unescapeName(name: string): string {
  const escaped = ESCAPED.exec(name)?.[1];
  if (escaped === undefined) return name;
  const codes = [...escaped.matchAll(/_([0-9A-Fa-f]+)_/g)].map(([, hex]) => parseInt(hex as string, 16));
  if (codes.some((code) => code > 0x10ffff || (code >= 0xd800 && code < 0xe000))) return name;
  return escaped.replace(/__|_([0-9A-Fa-f]+)_/g, (_whole, hex?: string) =>
    hex === undefined ? '_' : String.fromCodePoint(parseInt(hex, 16)),
  );
}

/**
 * What the asker may see; a required argument of everything that reads. The filter lives here, in the
 * store, and not in rewritten query text. A series belongs to the namespace in its label `namespace`;
 * a series without that label belongs to no namespace and is seen with `all` alone.
 */
export type Scope =
  | { readonly kind: 'all' }
  | { readonly kind: 'namespaces'; readonly names: ReadonlySet<string> };

export const everything: Scope = { kind: 'all' };

/** May a series with this value of its `namespace` label (`''` when absent) be seen? */
export function mayRead(scope: Scope, namespace: string): boolean {
  return scope.kind === 'all' || (namespace !== '' && scope.names.has(namespace));
}

/** Sorted sets of ids without duplicates, as plain sorted arrays. */
export type Ids = Uint32Array;

const NO_IDS: Ids = new Uint32Array(0);

export function union(lists: readonly Ids[]): Ids {
  if (lists.length === 0) return NO_IDS;
  if (lists.length === 1) return lists[0] as Ids;
  const all = new Uint32Array(lists.reduce((sum, list) => sum + list.length, 0));
  let end = 0;
  for (const list of lists) {
    all.set(list, end);
    end += list.length;
  }
  all.sort();
  let kept = 0;
  for (let i = 0; i < all.length; i++) {
    if (i === 0 || all[i] !== all[i - 1]) all[kept++] = all[i] as number;
  }
  return all.subarray(0, kept);
}

export function intersection(left: Ids, right: Ids): Ids {
  const out = new Uint32Array(Math.min(left.length, right.length));
  let length = 0;
  for (let i = 0, j = 0; i < left.length && j < right.length;) {
    const a = left[i] as number;
    const b = right[j] as number;
    if (a === b) out[length++] = a;
    if (a <= b) i++;
    if (b <= a) j++;
  }
  return out.subarray(0, length);
}

/** What is in `left` and not in `right`. */
export function difference(left: Ids, right: Ids): Ids {
  const out = new Uint32Array(left.length);
  let length = 0;
  let j = 0;
  for (const id of left) {
    while (j < right.length && (right[j] as number) < id) j++;
    if (right[j] !== id) out[length++] = id;
  }
  return out.subarray(0, length);
}

/**
 * The candidate that was most likely meant by a mistyped word, or undefined when none is close: at most a third of
 * the word wrong, or a word that leaves out the front or the end of a longer name (`interval` for `agent.interval`).
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of candidates) {
    const name = candidate.toLowerCase();
    const distance = isPartOf(wanted, name) ? 0.5 : editDistance(wanted, name);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Does the name begin or end with these words? */
function isPartOf(words: string, name: string): boolean {
  if (words.length < 3) return false;
  if (name.startsWith(words)) return /[._-]/.test(name[words.length] ?? '');
  return name.endsWith(words) && /[._-]/.test(name.at(-words.length - 1) ?? '');
}

/** Letters to insert, delete, replace or swap with their neighbour (optimal string alignment). */
function editDistance(left: string, right: string): number {
  let [before, above]: number[][] = [[], Array.from({ length: right.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1];
      let distance = Math.min(
        (above?.[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (above?.[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped =
        row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (swapped) distance = Math.min(distance, (before?.[column - 2] ?? 0) + 1);
      current.push(distance);
    }
    [before, above] = [above, current];
  }
  return above?.[right.length] ?? 0;
}

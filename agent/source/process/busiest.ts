/** How much busier than one of the busiest another must be to take its place. */
const CHALLENGE_FACTOR = 1.5;

/**
 * The `places` items with the highest scores, out of all that reach `least`. Those who have a place count
 * `CHALLENGE_FACTOR` times and need not reach `least`: so two of about the same score don't swap at each
 * tick, and nobody leaves without a successor.
 *
 * @param score NaN for an item without one
 */
export function busiest<Item>(
  items: Iterable<Item>,
  places: number,
  score: (item: Item) => number,
  least: number,
  holders: ReadonlySet<Item>,
): Set<Item> {
  const best: Item[] = [];
  const scores: number[] = [];
  for (const item of items) {
    const own = score(item);
    const holds = holders.has(item);
    if (!(holds ? own >= 0 : own >= least)) continue;
    const effective = holds ? own * CHALLENGE_FACTOR : own;
    // Fast path.
    if (best.length === places && !(effective > (scores[places - 1] as number))) continue;
    // Slow path.
    if (places === 0) break;
    let at = Math.min(best.length, places - 1);
    for (; at > 0 && (scores[at - 1] as number) < effective; at--) {
      scores[at] = scores[at - 1] as number;
      best[at] = best[at - 1] as Item;
    }
    scores[at] = effective;
    best[at] = item;
  }
  return new Set(best);
}

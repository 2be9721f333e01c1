import { MAX_CLASSES } from './frame.ts';
import { frequenciesOf, FREQUENCY_BITS, type Weights, weightsOf } from './token-class.ts';
import { TOKENS } from './tokens.ts';

/** Tokens that pay for a class of their own. */
const LEAST_TOKENS = 256;
/** Bits for a token that a class does not know yet: as rare as can be, and its weight has to be stored. */
const UNKNOWN_BITS = FREQUENCY_BITS + 6;
/** A segment moves by so many classes at a time, of those in order of size: what is farther off never suits. */
const REACH = 3;

/**
 * Sorts the segments of a frame into classes, each of which has one table of how often each token comes. At first
 * those of about the same size of numbers are together; then each moves to the class that stores it best.
 */
export class ClassChooser {
  readonly #counts = new Uint32Array(TOKENS);
  /** Pairs of token and count, segment after segment. */
  #pairTokens = new Uint8Array(1 << 14);
  #pairCounts = new Uint32Array(1 << 14);
  #pairs = 0;
  readonly #ends: number[] = [];
  readonly #guesses: number[] = [];

  /** `guess`: 0 to 254, the same for segments that are likely alike. */
  add(tokens: Uint8Array, from: number, to: number, guess: number): void {
    const counts = this.#counts;
    if (this.#pairs + TOKENS > this.#pairTokens.length) this.#grow();
    const first = this.#pairs;
    for (let i = from; i < to; i++) {
      const token = tokens[i] as number;
      const count = counts[token] as number;
      if (count === 0) this.#pairTokens[this.#pairs++] = token;
      counts[token] = count + 1;
    }
    for (let pair = first; pair < this.#pairs; pair++) {
      const token = this.#pairTokens[pair] as number;
      this.#pairCounts[pair] = counts[token] as number;
      counts[token] = 0;
    }
    this.#ends.push(this.#pairs);
    this.#guesses.push(guess);
  }

  /** The weights of each class, and each segment's class in `classes`; forgets the segments. */
  choose(classes: Uint8Array): Weights[] {
    const segments = this.#ends.length;
    const guesses = [...new Set(this.#guesses)].sort((a, b) => a - b);
    for (let i = 0; i < segments; i++) {
      classes[i] = Math.min(guesses.indexOf(this.#guesses[i] as number), MAX_CLASSES - 1);
    }
    const guessed = this.#countsOf(classes, Math.min(guesses.length, MAX_CLASSES));
    const kept = this.#keepLarge(guessed, classes);
    this.#move(kept.map(bitsOf), classes);
    const counts = this.#countsOf(classes, kept.length);
    const numbers = numbersOfUsed(counts);
    for (let i = 0; i < segments; i++) classes[i] = numbers[classes[i] as number] as number;
    this.#pairs = 0;
    this.#ends.length = 0;
    this.#guesses.length = 0;
    return counts.filter((ofClass) => sumOf(ofClass) > 0).map(weightsOf);
  }

  /** Leaves classes out that have too few tokens; their segments go to the next one. */
  #keepLarge(counts: readonly Uint32Array[], classes: Uint8Array): readonly Uint32Array[] {
    const kept = counts.filter((ofClass) => sumOf(ofClass) >= LEAST_TOKENS);
    if (kept.length === 0 || kept.length === counts.length) return counts;
    const numbers = counts.map((ofClass) => Math.max(0, kept.indexOf(ofClass)));
    for (let i = 1; i < numbers.length; i++) {
      numbers[i] = Math.max(numbers[i] as number, numbers[i - 1] as number);
    }
    for (let i = 0; i < this.#ends.length; i++) classes[i] = numbers[classes[i] as number] as number;
    return kept;
  }

  #move(bitsByClass: readonly Float32Array[], classes: Uint8Array): void {
    let first = 0;
    for (let segment = 0; segment < this.#ends.length; segment++) {
      const end = this.#ends[segment] as number;
      const own = classes[segment] as number;
      let least = Infinity;
      const last = Math.min(bitsByClass.length - 1, own + REACH);
      for (let number = Math.max(0, own - REACH); number <= last; number++) {
        const bits = bitsByClass[number] as Float32Array;
        let sum = 0;
        for (let pair = first; pair < end && sum < least; pair++) {
          sum += (this.#pairCounts[pair] as number) * (bits[this.#pairTokens[pair] as number] as number);
        }
        if (sum >= least) continue;
        least = sum;
        classes[segment] = number;
      }
      first = end;
    }
  }

  #countsOf(classes: Uint8Array, count: number): Uint32Array[] {
    const counts = Array.from({ length: count }, () => new Uint32Array(TOKENS));
    let pair = 0;
    for (let segment = 0; segment < this.#ends.length; segment++) {
      const end = this.#ends[segment] as number;
      const ofClass = counts[classes[segment] as number] as Uint32Array;
      for (; pair < end; pair++) {
        const token = this.#pairTokens[pair] as number;
        ofClass[token] = (ofClass[token] as number) + (this.#pairCounts[pair] as number);
      }
    }
    return counts;
  }

  #grow(): void {
    const tokens = new Uint8Array(this.#pairTokens.length * 2);
    const counts = new Uint32Array(this.#pairCounts.length * 2);
    tokens.set(this.#pairTokens);
    counts.set(this.#pairCounts);
    this.#pairTokens = tokens;
    this.#pairCounts = counts;
  }
}

/** What each token costs in a class with these counts. */
function bitsOf(counts: Uint32Array): Float32Array {
  const bits = new Float32Array(TOKENS).fill(UNKNOWN_BITS);
  if (sumOf(counts) === 0) return bits;
  for (const [token, frequency] of frequenciesOf(weightsOf(counts)).entries()) {
    if (frequency > 0) bits[token] = FREQUENCY_BITS - Math.log2(frequency);
  }
  return bits;
}

/** New numbers for the classes that have segments, from 0. */
function numbersOfUsed(counts: readonly Uint32Array[]): number[] {
  let next = 0;
  return counts.map((ofClass) => (sumOf(ofClass) > 0 ? next++ : 0));
}

function sumOf(counts: Uint32Array): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}

import { Fault } from '../../../lib/fault.ts';
import { TOKENS } from './tokens.ts';

/**
 * How often each token comes in the segments of one class. Stored is a weight a token: 0 for none, else twice its
 * logarithm to base 2: that costs some 0.007 bits a token over exact numbers, and exact numbers would cost more.
 */
export type Weights = Uint8Array;

/** Frequencies of a class sum up to 2^10: a table of 4 KB, which stays in the first cache; 2^12 gains 0.05 %. */
export const FREQUENCY_BITS = 10;
export const FREQUENCY_SUM = 1 << FREQUENCY_BITS;

const STEPS = 2;
const MAX_WEIGHT = 31;
/** 2^(i/2) in 256ths: integers, so that all machines reckon alike. */
const HALF_OCTAVES = [256, 362] as const;

/** Weights of counts by token; `total` > 0 is their sum. */
export function weightsOf(counts: Uint32Array): Weights {
  let most = 0;
  for (let token = 0; token < TOKENS; token++) most = Math.max(most, counts[token] as number);
  const weights = new Uint8Array(TOKENS);
  for (let token = 0; token < TOKENS; token++) {
    const count = counts[token] as number;
    if (count === 0) continue;
    weights[token] = Math.max(1, MAX_WEIGHT - Math.round(STEPS * Math.log2(most / count)));
  }
  return weights;
}

/** Frequencies by token, 1 at least for each that has a weight; throws a `Fault` (`damaged`) when none has. */
export function frequenciesOf(weights: Weights): Uint16Array {
  const frequencies = new Uint16Array(TOKENS);
  let sum = 0;
  let tokens = 0;
  let heaviest = 0;
  for (let token = 0; token < TOKENS; token++) {
    const weight = weights[token] as number;
    if (weight === 0) continue;
    if (weight > MAX_WEIGHT) throw new Fault('damaged', `${weight} is not a weight of a token`);
    tokens++;
    sum += sizeOf(weight);
    if (weight > (weights[heaviest] as number)) heaviest = token;
  }
  if (tokens === 0) throw new Fault('damaged', 'a class of tokens has none');
  let left = FREQUENCY_SUM;
  for (let token = 0; token < TOKENS; token++) {
    const weight = weights[token] as number;
    if (weight === 0) continue;
    const frequency = 1 + Math.floor((sizeOf(weight) * (FREQUENCY_SUM - tokens)) / sum);
    frequencies[token] = frequency;
    left -= frequency;
  }
  frequencies[heaviest] = (frequencies[heaviest] as number) + left;
  return frequencies;
}

function sizeOf(weight: number): number {
  return (HALF_OCTAVES[weight % STEPS] as number) * 2 ** Math.floor(weight / STEPS);
}

/** The token that alone has all of the sum, or undefined: then no bits say which it is. */
export function onlyToken(frequencies: Uint16Array): number | undefined {
  const token = frequencies.indexOf(FREQUENCY_SUM);
  return token === -1 ? undefined : token;
}

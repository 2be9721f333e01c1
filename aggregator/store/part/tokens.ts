/**
 * An integer as a token and some plain bits. Of `k = n < 0 ? -1 - n : n` below 8 the token says all; above, it says
 * the length in bits and the bit below the highest one, and the rest is random enough to be stored as it is. The
 * lowest bit of a token is the sign. After the hybrid integers of JPEG XL (ISO/IEC 18181-1, C.2.6).
 */
export const SMALL_TOKENS = 16;
/** 4 tokens a length of 4 to 53 bits. */
export const TOKENS = SMALL_TOKENS + 4 * 50;

/** By token: how many plain bits follow, and the smallest k. */
export const PLAIN_BITS = new Uint8Array(256);
export const SMALLEST = new Float64Array(256);
for (let token = 0; token < TOKENS; token++) {
  const octave = (token - SMALL_TOKENS) >> 2;
  const half = (token >> 1) & 1;
  PLAIN_BITS[token] = token < SMALL_TOKENS ? 0 : octave + 2;
  SMALLEST[token] = token < SMALL_TOKENS ? token >> 1 : (2 + half) * 2 ** (octave + 2);
}

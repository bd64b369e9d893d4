/*
 * Random numbers by position, not by state: the n-th is known without the ones before it. That makes the content of a
 * file reproducible from its offset, and a permutation of any length cost no memory.
 */

/** Mixes 32 bits so that each bit of the result depends on every bit given (the "triple32" constants by C. Wellons). */
export function mix32(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 17), 0xed5ad4bb);
  x = Math.imul(x ^ (x >>> 11), 0xac4c1b51);
  x = Math.imul(x ^ (x >>> 15), 0x31848bab);
  return (x ^ (x >>> 14)) >>> 0;
}

/** Two 32-bit keys of a seed, which may be any whole number up to 2^53-1. */
export function keysOf(seed: number): readonly [number, number] {
  const low = seed >>> 0;
  const high = Math.floor(seed / 2 ** 32) >>> 0;
  const first = mix32(low ^ mix32(high + 0x9e3779b9));
  return [first, mix32(first ^ mix32(low + 0x7f4a7c15))];
}

/**
 * A permutation of the numbers from 0 up to `length`, one at a time: `permute(index)` is its `index`-th number.
 *
 * A Feistel network is a bijection on any number of bit pairs; walking on from values past the end makes it one on
 * `length` numbers (at most four steps on average).
 *
 * @param length up to 2^52.
 */
export function permutation(length: number, seed: number): (index: number) => number {
  let halfBits = 1;
  while (4 ** halfBits < length) halfBits++;
  const half = 2 ** halfBits;
  const [first, second] = keysOf(seed);
  const keys = [first, second, mix32(first + second), mix32(first ^ (second << 1))];
  function step(value: number): number {
    let left = Math.floor(value / half);
    let right = value % half;
    for (const key of keys) [left, right] = [right, (left ^ mix32(right ^ key)) & (half - 1)];
    return left * half + right;
  }
  return (index) => {
    let value = step(index);
    while (value >= length) value = step(value);
    return value;
  };
}

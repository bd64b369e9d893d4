import { assert } from '../assert.js';

/** Bits sorted in one pass: 2,048 counters stay in the first-level cache, and 44-bit keys (16 TiB) need four passes. */
const DIGIT_BITS = 11;
const DIGITS = 2 ** DIGIT_BITS;
/** Below this many keys a comparator is done before the counters are cleared. */
const RADIX_KEYS_MIN = 64;

/**
 * The order in which to visit `keys` so that they ascend: `keys[order[0]] <= keys[order[1]] <= …`. Equal keys keep
 * their order.
 *
 * A radix sort: a comparator costs a call per comparison and takes two to six times as long for a million keys.
 * Keys that ascend already cost one scan.
 *
 * @param keys Whole numbers from 0 to 2^53-1, such as offsets or inode numbers.
 */
export function orderBy(keys: Float64Array): Uint32Array {
  const largest = largestKey(keys);
  const order = new Uint32Array(keys.length);
  for (let index = 0; index < order.length; index += 1) order[index] = index;
  if (isAscending(keys)) return order;
  if (keys.length < RADIX_KEYS_MIN) return order.sort((a, b) => keys[a]! - keys[b]! || a - b);
  return sortByDigits(keys, largest, order);
}

/** The inverse permutation: where each index comes in `order`. */
export function invertOrder(order: Uint32Array): Uint32Array {
  const places = new Uint32Array(order.length);
  for (let place = 0; place < order.length; place += 1) places[order[place]!] = place;
  return places;
}

function sortByDigits(keys: Float64Array, largest: number, ascending: Uint32Array): Uint32Array {
  let order = ascending;
  let next: Uint32Array = new Uint32Array(keys.length);
  const starts = new Uint32Array(DIGITS);
  for (let unit = 1; unit <= largest; unit *= DIGITS) {
    countDigits(keys, unit, starts);
    for (const index of order) {
      const digit = digitOf(keys[index]!, unit);
      const place = starts[digit]!;
      next[place] = index;
      starts[digit] = place + 1;
    }
    [order, next] = [next, order];
  }
  return order;
}

/** Sets `starts[digit]` to the number of keys with a smaller digit: the place of the first key with this one. */
function countDigits(keys: Float64Array, unit: number, starts: Uint32Array): void {
  starts.fill(0);
  for (const key of keys) {
    const digit = digitOf(key, unit);
    starts[digit] = starts[digit]! + 1;
  }
  let before = 0;
  for (let digit = 0; digit < DIGITS; digit += 1) {
    const count = starts[digit]!;
    starts[digit] = before;
    before += count;
  }
}

/** A product with a power of two is exact, and `&` truncates and wraps at 2^32: right for keys of any size. */
function digitOf(key: number, unit: number): number {
  return (key * (1 / unit)) & (DIGITS - 1);
}

function largestKey(keys: Float64Array): number {
  let largest = 0;
  for (const key of keys) {
    assert(Number.isSafeInteger(key) && key >= 0, 'a key to order by is not a whole number from 0 to 2^53-1');
    if (key > largest) largest = key;
  }
  return largest;
}

function isAscending(keys: Float64Array): boolean {
  for (let index = 1; index < keys.length; index += 1) if (keys[index]! < keys[index - 1]!) return false;
  return true;
}

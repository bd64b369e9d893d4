import { assert } from '../assert.js';

/** Bits sorted in one pass: 2,048 counters stay in the first-level cache, and 44-bit keys (16 TiB) need four passes. */
const DIGIT_BITS = 11;
const DIGITS = 2 ** DIGIT_BITS;
/** Up to so many keys the built-in sort of numbers is faster the first time, when ours isn't compiled yet: 3 ms, not 12. */
const PACKED_KEYS_MAX = 65_536;

/**
 * The order in which to visit `keys` so that they ascend: `keys[order[0]] <= keys[order[1]] <= …`. Equal keys keep
 * their order.
 *
 * A comparator would cost a call per comparison: it takes two to six times as long as a radix sort of a million keys.
 * Keys that ascend already cost one scan.
 *
 * @param keys Whole numbers from 0 to 2^53-1, such as offsets or inode numbers.
 */
export function orderBy(keys: Float64Array): Uint32Array {
  const largest = largestKey(keys);
  const order = new Uint32Array(keys.length);
  for (let index = 0; index < order.length; index += 1) order[index] = index;
  if (isAscending(keys)) return order;
  // A power of two: the division of what was packed is exact.
  const unit = 2 ** Math.ceil(Math.log2(keys.length));
  const canPack = keys.length <= PACKED_KEYS_MAX && (largest + 1) * unit <= Number.MAX_SAFE_INTEGER;
  return canPack ? sortPacked(keys, unit, order) : sortByDigits(keys, largest, order);
}

/**
 * As {@link orderBy} for the places of files, in which those at the same place go by their offset: ranges of one file.
 *
 * @param offsetOf In bytes; is asked only about keys that occur more than once.
 */
export function orderByPlace(places: Float64Array, offsetOf: (index: number) => number): Uint32Array {
  const order = orderBy(places);
  for (let begin = 0, end = 1; end <= order.length; end += 1) {
    if (end < order.length && places[order[end]!] === places[order[begin]!]) continue;
    if (end - begin > 1) sortByOffset(order.subarray(begin, end), offsetOf);
    begin = end;
  }
  return order;
}

function sortByOffset(indexes: Uint32Array, offsetOf: (index: number) => number): void {
  const same = indexes.slice();
  const byOffset = orderBy(Float64Array.from(same, offsetOf));
  for (let place = 0; place < same.length; place += 1) indexes[place] = same[byOffset[place]!]!;
}

/** Sorts numbers made of key and index, which is below `unit`, and writes the indexes to `order`. */
function sortPacked(keys: Float64Array, unit: number, order: Uint32Array): Uint32Array {
  const count = keys.length;
  const packed = new Float64Array(count);
  for (let index = 0; index < count; index += 1) packed[index] = keys[index]! * unit + index;
  packed.sort();
  for (let place = 0; place < count; place += 1) {
    const key = Math.floor(packed[place]! / unit);
    order[place] = packed[place]! - key * unit;
  }
  return order;
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

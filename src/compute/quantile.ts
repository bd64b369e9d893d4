import type { ElementType } from '../kernels/convert.js';
import { keyBits, RADIX_COUNTERS, valueOfKey } from '../kernels/distribution.js';

/** Bits of a key that one pass over the data tells. */
const DIGIT_BITS = 16;

/** One order statistic on its way: the digits found so far, and its rank among the values that have them. */
interface Search {
  readonly rank: number;
  prefix: bigint;
  rest: number;
}

/**
 * Exact quantiles of any number of values in as many passes as their keys have 16-bit digits: two for float32. Each
 * pass counts the next digit of those values whose digits before are known; counts of workers and shards add up.
 */
export class QuantileSearch {
  readonly #type: ElementType;
  readonly #searches: Search[];
  readonly #quantiles: readonly number[];
  readonly #count: number;
  #shift: number;

  /** @param count of the values, NaN and missing ones left out. */
  constructor(type: ElementType, quantiles: readonly number[], count: number) {
    this.#type = type;
    this.#quantiles = quantiles;
    this.#count = count;
    this.#shift = Math.max(0, keyBits(type) - DIGIT_BITS);
    const ranks = new Set(count === 0 ? [] : quantiles.flatMap((q) => neighbours(q, count)));
    this.#searches = [...ranks].map((rank) => ({ rank, prefix: 0n, rest: rank }));
  }

  /** The lowest bit of the digit that the next pass must count; undefined when all is found. */
  get shift(): number | undefined {
    return this.#shift < 0 || this.#searches.length === 0 ? undefined : this.#shift;
  }

  /** The different prefixes of which the next pass must count digits; undefined stands for all values. */
  get prefixes(): readonly (bigint | undefined)[] {
    if (this.#isFirst) return [undefined];
    return [...new Set(this.#searches.map(({ prefix }) => prefix))];
  }

  /** @param counts of the pass, in the order of {@link prefixes}. */
  advance(counts: readonly ArrayLike<number>[]): void {
    const { prefixes } = this;
    for (const search of this.#searches) {
      const table = counts[this.#isFirst ? 0 : prefixes.indexOf(search.prefix)]!;
      let digit = 0;
      for (; digit < RADIX_COUNTERS && search.rest >= table[digit]!; digit++) search.rest -= table[digit]!;
      search.prefix = (search.prefix << BigInt(DIGIT_BITS)) | BigInt(digit);
    }
    this.#shift -= DIGIT_BITS;
  }

  /** Linear interpolation between neighbours, as numpy's default; NaN of nothing. */
  results(): number[] {
    return this.#quantiles.map((q) => {
      if (this.#count === 0) return Number.NaN;
      const [low = 0, high = low] = neighbours(q, this.#count);
      const [a, b] = [this.#valueAt(low), this.#valueAt(high)];
      const fraction = q * (this.#count - 1) - low;
      return interpolate(a, b, fraction);
    });
  }

  get #isFirst(): boolean {
    return this.#shift === Math.max(0, keyBits(this.#type) - DIGIT_BITS);
  }

  #valueAt(rank: number): number {
    const search = this.#searches.find((candidate) => candidate.rank === rank)!;
    // Adding 0 makes -0 to 0.
    return Number(valueOfKey(this.#type, search.prefix)) + 0;
  }
}

/** The ranks between which a quantile lies. */
function neighbours(q: number, count: number): number[] {
  const at = q * (count - 1);
  return [Math.floor(at), Math.min(count - 1, Math.ceil(at))];
}

/** Numpy's formula: exact at both ends, and monotonic. */
function interpolate(a: number, b: number, fraction: number): number {
  if (a === b) return a;
  const difference = b - a;
  return fraction >= 0.5 ? b - difference * (1 - fraction) : a + difference * fraction;
}

import type { IntegerType } from '../kernels/moments.js';
import { type ExactMoments, emptyExact, mergeExact } from './exact-moments.js';

/** Exact sums of many cells: each row of values gives at most one to a cell. */
export interface IntegerCells {
  /** @param fill a value that is skipped. */
  addRow(cell: number, values: ArrayLike<number> | ArrayLike<bigint>, fill: number | bigint | undefined): void;
  finish(): ExactMoments[];
}

export function integerCells(type: IntegerType, cells: number): IntegerCells {
  return type.endsWith('64') ? new WideCells(cells) : new NarrowCells(cells);
}

/** So many numbers below 2^32 add up to less than 2^53. */
const ROWS_MAX = 2 ** 20;

/** Of integers of up to 32 bits: sums of float64 that are exact, put together as integers now and then. */
class NarrowCells implements IntegerCells {
  #rows = 0;
  readonly #exact: ExactMoments[];
  readonly #counts: Float64Array;
  readonly #sums: Float64Array;
  /** With |x| = a · 2^16 + b: Σa², Σab, Σb². */
  readonly #highs: Float64Array;
  readonly #mixed: Float64Array;
  readonly #lows: Float64Array;
  readonly #min: Float64Array;
  readonly #max: Float64Array;

  constructor(cells: number) {
    const numbers = () => new Float64Array(cells);
    this.#exact = Array.from({ length: cells }, () => emptyExact(0));
    [this.#counts, this.#sums] = [numbers(), numbers()];
    [this.#highs, this.#mixed, this.#lows] = [numbers(), numbers(), numbers()];
    [this.#min, this.#max] = [numbers(), numbers()];
  }

  addRow(cell: number, values: ArrayLike<number>, fill: number | undefined): void {
    const [counts, sums, highs, mixed, lows] = [this.#counts, this.#sums, this.#highs, this.#mixed, this.#lows];
    const [min, max] = [this.#min, this.#max];
    for (let i = 0, at = cell; i < values.length; i++, at++) {
      const x = values[i]!;
      if (x === fill) continue;
      const size = Math.abs(x);
      const a = size >>> 16;
      const b = size & 0xffff;
      const count = counts[at]!++;
      sums[at]! += x;
      highs[at]! += a * a;
      mixed[at]! += a * b;
      lows[at]! += b * b;
      if (count === 0 || x < min[at]!) min[at] = x;
      if (count === 0 || x > max[at]!) max[at] = x;
    }
    if (++this.#rows === ROWS_MAX) this.#flush();
  }

  finish(): ExactMoments[] {
    this.#flush();
    return this.#exact;
  }

  #flush(): void {
    for (const [cell, before] of this.#exact.entries()) {
      const finite = this.#counts[cell]!;
      if (finite === 0) continue;
      const sum = BigInt(this.#sums[cell]!);
      const [high, mixed, low] = [this.#highs, this.#mixed, this.#lows].map((sums) => BigInt(sums[cell]!));
      const squares = (high! << 32n) + (mixed! << 17n) + low!;
      const [min, max] = [BigInt(this.#min[cell]!), BigInt(this.#max[cell]!)];
      this.#exact[cell] = mergeExact(before, { ...emptyExact(0), finite, sum, squares, min, max });
    }
    for (const sums of [this.#counts, this.#sums, this.#highs, this.#mixed, this.#lows]) sums.fill(0);
    this.#rows = 0;
  }
}

/** Of integers of 64 bits. */
class WideCells implements IntegerCells {
  readonly #counts: Float64Array;
  readonly #sums: bigint[];
  readonly #squares: bigint[];
  readonly #min: bigint[];
  readonly #max: bigint[];

  constructor(cells: number) {
    const numbers = () => new Array<bigint>(cells).fill(0n);
    this.#counts = new Float64Array(cells);
    [this.#sums, this.#squares, this.#min, this.#max] = [numbers(), numbers(), numbers(), numbers()];
  }

  addRow(cell: number, values: ArrayLike<bigint>, fill: bigint | undefined): void {
    for (let i = 0, at = cell; i < values.length; i++, at++) {
      const x = values[i]!;
      if (x === fill) continue;
      const count = this.#counts[at]!++;
      this.#sums[at]! += x;
      this.#squares[at]! += x * x;
      if (count === 0 || x < this.#min[at]!) this.#min[at] = x;
      if (count === 0 || x > this.#max[at]!) this.#max[at] = x;
    }
  }

  finish(): ExactMoments[] {
    return this.#sums.map((sum, cell) => {
      const finite = this.#counts[cell]!;
      if (finite === 0) return emptyExact(0);
      const [squares, min, max] = [this.#squares[cell]!, this.#min[cell]!, this.#max[cell]!];
      return { ...emptyExact(0), finite, sum, squares, min, max };
    });
  }
}

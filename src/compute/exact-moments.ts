import type { ExactSums } from '../kernels/exact.js';
import type { IntegerMoments } from '../kernels/moments.js';
import { roundedQuotient, roundedRoot } from './rational.js';

/**
 * Exact sums of one cell: Σx = sum · 2^exponent, Σx² = squares · 2^(2 · exponent) over the finite values. Merging is
 * integer addition: the same in any order.
 */
export interface ExactMoments {
  readonly finite: number;
  readonly positiveInfinities: number;
  readonly negativeInfinities: number;
  readonly sum: bigint;
  readonly squares: bigint;
  readonly exponent: number;
  /** Undefined where there is no value. Of integers, integers. */
  readonly min: number | bigint | undefined;
  readonly max: number | bigint | undefined;
}

export function emptyExact(exponent: number): ExactMoments {
  const none = { finite: 0, positiveInfinities: 0, negativeInfinities: 0, sum: 0n, squares: 0n };
  return { ...none, exponent, min: undefined, max: undefined };
}

export function exactOfIntegers({ count, sum, squares, min, max }: IntegerMoments): ExactMoments {
  if (count === 0) return emptyExact(0);
  return { ...emptyExact(0), finite: count, sum, squares, min, max };
}

export function exactOfFloats(sums: ExactSums, min: number, max: number): ExactMoments {
  const isEmpty = sums.finite + sums.positiveInfinities + sums.negativeInfinities === 0;
  return { ...sums, min: isEmpty ? undefined : min, max: isEmpty ? undefined : max };
}

export function mergeExact(a: ExactMoments, b: ExactMoments): ExactMoments {
  return {
    finite: a.finite + b.finite,
    positiveInfinities: a.positiveInfinities + b.positiveInfinities,
    negativeInfinities: a.negativeInfinities + b.negativeInfinities,
    sum: a.sum + b.sum,
    squares: a.squares + b.squares,
    exponent: a.exponent,
    min: b.min === undefined || (a.min !== undefined && a.min <= b.min) ? a.min : b.min,
    max: b.max === undefined || (a.max !== undefined && a.max >= b.max) ? a.max : b.max,
  };
}

export function countOfExact({ finite, positiveInfinities, negativeInfinities }: ExactMoments): number {
  return finite + positiveInfinities + negativeInfinities;
}

/** The infinity or NaN that infinite values make of a sum; undefined where all values are finite. */
function infiniteSum({ positiveInfinities, negativeInfinities }: ExactMoments): number | undefined {
  if (positiveInfinities > 0 && negativeInfinities > 0) return Number.NaN;
  if (positiveInfinities > 0) return Number.POSITIVE_INFINITY;
  return negativeInfinities > 0 ? Number.NEGATIVE_INFINITY : undefined;
}

/** The correctly rounded mean; NaN of nothing. */
export function exactMean(moments: ExactMoments): number {
  const { finite, sum, exponent } = moments;
  const infinite = infiniteSum(moments);
  if (infinite !== undefined) return infinite;
  return finite === 0 ? Number.NaN : roundedQuotient(sum, BigInt(finite), exponent);
}

/** The correctly rounded sum as a float64; 0 of nothing. */
export function exactSum(moments: ExactMoments): number {
  return infiniteSum(moments) ?? roundedQuotient(moments.sum, 1n, moments.exponent);
}

/** The correctly rounded variance; NaN where no more than `ddof` values are there, or one is infinite. */
export function exactVariance(moments: ExactMoments, ddof: number): number {
  const ratio = varianceRatio(moments, ddof);
  return ratio === undefined ? Number.NaN : roundedQuotient(...ratio, 2 * moments.exponent);
}

/** The correctly rounded standard deviation. */
export function exactDeviation(moments: ExactMoments, ddof: number): number {
  const ratio = varianceRatio(moments, ddof);
  return ratio === undefined ? Number.NaN : roundedRoot(...ratio, 2 * moments.exponent);
}

/** (n·Σx² − (Σx)²) / (n·(n − ddof)): exact. */
function varianceRatio(moments: ExactMoments, ddof: number): [bigint, bigint] | undefined {
  const { finite, sum, squares } = moments;
  if (infiniteSum(moments) !== undefined || finite <= ddof) return undefined;
  const n = BigInt(finite);
  return [n * squares - sum * sum, n * (n - BigInt(ddof))];
}

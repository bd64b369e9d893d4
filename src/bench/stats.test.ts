import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LatencyHistogram } from './latency.js';
import { estimateMedian, verdictOf } from './stats.js';

describe('estimateMedian()', () => {
  test('gives the median, within its interval', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.1, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 12 }),
        (values) => {
          const { value, low, high } = estimateMedian(values);
          expect(low).toBeLessThanOrEqual(value);
          expect(high).toBeGreaterThanOrEqual(value);
          expect(low).toBeGreaterThanOrEqual(0);
          expect(value).toBeGreaterThanOrEqual(Math.min(...values));
          expect(value).toBeLessThanOrEqual(Math.max(...values));
        },
      ),
      { numRuns: 30 },
    );
  });

  test.each([3, 4, 5, 6, 7, 8, 9, 12, 15])('has 1 within the interval of %d ratios without a difference', (count) => {
    let state = count;
    const random = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
    const samples = Array.from({ length: 2000 }, () =>
      estimateMedian(Array.from({ length: count }, () => Math.exp(0.1 * (random() + random() + random() - 1.5)))),
    );
    const missed = samples.filter(({ low, high }) => low > 1 || high < 1).length;
    expect(missed / samples.length).toBeLessThan(0.065);
  });

  test('gives the same interval for the same values', () => {
    expect(estimateMedian([3, 1, 2, 5, 4])).toEqual(estimateMedian([3, 1, 2, 5, 4]));
  });
});

describe('verdictOf()', () => {
  test.each([
    [1.01, 1.2, 'faster'],
    [0.8, 0.99, 'slower'],
    [0.96, 1.04, 'equal'],
    [0.9, 1.04, 'undecided'],
    [0.97, 1.2, 'undecided'],
  ] as const)('says of %d to %d: %s', (low, high, verdict) => {
    expect(verdictOf({ value: (low + high) / 2, low, high }, 6)).toBe(verdict);
    expect(verdictOf({ value: (low + high) / 2, low, high }, 2)).toBe('undecided');
  });
});

describe('LatencyHistogram', () => {
  test('quantile() is within a bucket of the true one', () => {
    const histogram = new LatencyHistogram();
    for (let latencyNs = 1000; latencyNs <= 100_000; latencyNs += 10) histogram.add(latencyNs);
    expect(Math.abs(histogram.quantile(0.5)! / 50_500 - 1)).toBeLessThan(0.1);
    expect(Math.abs(histogram.quantile(0.99)! / 99_000 - 1)).toBeLessThan(0.1);
  });

  test('quantile() of nothing is undefined; merge() adds up', () => {
    const one = new LatencyHistogram();
    expect(one.quantile(0.5)).toBeUndefined();
    const other = new LatencyHistogram();
    other.add(500, 3);
    one.merge(other.counts);
    one.merge(other.counts);
    expect(one.counts.reduce((sum, count) => sum + count)).toBe(6);
  });
});

import { describe, expect, test } from 'vitest';
import { LatencyHistogram } from './latency.js';
import { sumOfSamples } from './observed-run.js';
import type { Sample } from './runner.js';

function sample(factor: number): Sample {
  const latency = new LatencyHistogram();
  latency.add(1000 * factor, factor);
  return {
    wallNs: 100 * factor,
    cpuUserNs: 10 * factor,
    cpuSystemNs: 20 * factor,
    operations: 3 * factor,
    bytes: 4096 * factor,
    contextSwitches: factor,
    pageFaults: 2 * factor,
    majorPageFaults: 0,
    latencyCounts: latency.counts,
  };
}

describe('sumOfSamples()', () => {
  test('is the longest time and the sums of the rest', () => {
    const { latencyCounts, ...sum } = sumOfSamples([sample(1), sample(4), sample(2)]);
    expect(sum).toEqual({
      wallNs: 400,
      cpuUserNs: 70,
      cpuSystemNs: 140,
      operations: 21,
      bytes: 7 * 4096,
      contextSwitches: 7,
      pageFaults: 14,
      majorPageFaults: 0,
    });
    const merged = new LatencyHistogram(latencyCounts);
    expect(latencyCounts?.reduce((all, count) => all + count, 0)).toBe(7);
    expect(merged.quantile(0.1)).toBeCloseTo(1000, -3);
    expect(merged.quantile(0.99)! / 4000).toBeCloseTo(1, 0);
  });

  test('lacks what one of them lacks', () => {
    const { latencyCounts, pageFaults, ...rest } = sample(2);
    const sum = sumOfSamples([sample(1), rest, sample(1)]);
    expect([sum.latencyCounts, sum.pageFaults, sum.contextSwitches]).toEqual([undefined, undefined, 4]);
    expect([latencyCounts?.length, pageFaults]).toEqual([320, 4]);
  });

  test('does not change the samples', () => {
    const samples = [sample(1), sample(2)];
    sumOfSamples(samples);
    expect(samples).toEqual([sample(1), sample(2)]);
  });
});

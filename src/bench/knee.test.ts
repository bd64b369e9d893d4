import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type KneePoint, kneeOf, recommendationsOf } from './knee.js';

function point(queueDepth: number, operationsPerSecond: number | null, rings = 1, blockBytes = 4096): KneePoint {
  return { blockBytes, rings, queueDepth, operationsPerSecond, latencyNsP99: queueDepth * 1000 };
}

const rates = fc.option(fc.double({ min: 1, max: 1e7, noNaN: true }), { freq: 10 });
/** Points of one block size and one number of rings: their depths differ. */
const sweeps = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 1024 }), rates), { selector: ([depth]) => depth, maxLength: 12 })
  .map((pairs) => pairs.map(([depth, rate]) => point(depth, rate)));
/** Points of several of both. */
const grids = fc
  .uniqueArray(
    fc.tuple(fc.constantFrom(4096, 65_536), fc.constantFrom(1, 2, 4), fc.constantFrom(1, 8, 64, 256), rates),
    { selector: (setting) => setting.slice(0, 3).join(' '), maxLength: 24 },
  )
  .map((rows) => rows.map(([blockBytes, rings, depth, rate]) => point(depth, rate, rings, blockBytes)));

function rateOf(points: readonly KneePoint[]): number {
  return Math.max(...points.map((entry) => entry.operationsPerSecond ?? 0));
}

describe('kneeOf()', () => {
  test('is the smallest depth within 5 % of the best', () => {
    const points = [point(1, 10_000), point(32, 94_999), point(64, 95_000), point(128, 100_000), point(256, 97_000)];
    expect(kneeOf(points)?.queueDepth).toBe(64);
  });

  test('is nothing where no run counts', () => {
    expect(kneeOf([])).toBeUndefined();
    expect(kneeOf([point(1, null), point(8, null)])).toBeUndefined();
  });

  test('is good enough, and no lesser depth is', () => {
    fc.assert(
      fc.property(sweeps, (points) => {
        const knee = kneeOf(points);
        expect(knee === undefined).toBe(points.every((entry) => entry.operationsPerSecond === null));
        const enough = 0.95 * rateOf(points);
        expect(knee?.operationsPerSecond ?? 0).toBeGreaterThanOrEqual(enough);
        const lesser = points.filter((entry) => entry.queueDepth < (knee?.queueDepth ?? 0));
        for (const entry of lesser) expect(entry.operationsPerSecond ?? 0).toBeLessThan(enough);
      }),
    );
  });

  test('does not depend on the order of the points, or on the unit of the rates', () => {
    fc.assert(
      fc.property(sweeps, (points) => {
        const depth = kneeOf(points)?.queueDepth;
        expect(kneeOf([...points].reverse())?.queueDepth).toBe(depth);
        const doubled = points.map((entry) => point(entry.queueDepth, (entry.operationsPerSecond ?? 0) * 2 || null));
        expect(kneeOf(doubled)?.queueDepth).toBe(depth);
      }),
    );
  });
});

describe('recommendationsOf()', () => {
  test('takes more rings only for more than 5 %', () => {
    const one = [point(8, 60_000), point(64, 95_000), point(256, 96_000)];
    const [kept] = recommendationsOf([...one, point(8, 90_000, 2), point(64, 100_000, 2)]);
    expect(kept).toMatchObject({ rings: 1, queueDepth: 64, bestRings: 2, bestQueueDepth: 64, latencyNsP99: 64_000 });
    const [more] = recommendationsOf([...one, point(8, 90_000, 2), point(64, 110_000, 2)]);
    expect(more).toMatchObject({ rings: 2, queueDepth: 64, bestRings: 2, bestQueueDepth: 64 });
  });

  test('has one for each block size with runs that count: the fewest rings that will do, at their knee', () => {
    fc.assert(
      fc.property(grids, (points) => {
        const counting = points.filter((entry) => entry.operationsPerSecond !== null);
        const taken = recommendationsOf(points);
        expect(taken.map((entry) => entry.blockBytes)).toEqual([...new Set(taken.map((entry) => entry.blockBytes))]);
        expect(new Set(taken.map((entry) => entry.blockBytes))).toEqual(
          new Set(counting.map((entry) => entry.blockBytes)),
        );
        for (const entry of taken) {
          const ofBlock = counting.filter((other) => other.blockBytes === entry.blockBytes);
          const ofRings = ofBlock.filter((other) => other.rings === entry.rings);
          const best = rateOf(ofBlock);
          expect(entry.bestOperationsPerSecond).toBe(best);
          expect(entry.queueDepth).toBe(kneeOf(ofRings)?.queueDepth);
          expect(rateOf(ofRings)).toBeGreaterThanOrEqual(0.95 * best);
          const fewer = ofBlock.filter((other) => other.rings < entry.rings);
          for (const other of fewer) expect(other.operationsPerSecond).toBeLessThan(0.95 * best);
        }
      }),
    );
  });
});

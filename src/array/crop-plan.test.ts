import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CropAxis, CropOrigins } from './crop-origins.js';
import { planCrops } from './crop-plan.js';
import { rawParts } from './raw-parts.js';

function axis(fields: Partial<CropAxis>): CropAxis {
  return { name: 'x', start: 0, length: 10, size: 3, align: 1, ...fields };
}

describe('CropOrigins', () => {
  test('gives each place that fits about as often', () => {
    const origins = new CropOrigins([axis({ start: 2, length: 6, size: 3 })], 5);
    const seen = new Map<number, number>();
    for (let i = 0; i < 4000; i++) seen.set(origins.at(i)[0]!, (seen.get(origins.at(i)[0]!) ?? 0) + 1);
    expect([...seen.keys()].sort()).toEqual([2, 3, 4, 5]);
    for (const times of seen.values()) expect(Math.abs(times - 1000)).toBeLessThan(150);
  });

  test('depends on the seed, all of its bits, and on the number', () => {
    const wide = [axis({ length: 2 ** 50, size: 1 })];
    const first = (seed: number, index: number) => new CropOrigins(wide, seed).at(index)[0];
    const all = [0, 1, 2 ** 32, 2 ** 52].flatMap((seed) => [0, 1, 2 ** 32].map((index) => first(seed, index)));
    expect(new Set(all).size).toBe(all.length);
    expect(first(7, 3)).toBe(first(7, 3));
  });

  test('of aligned crops are multiples', () => {
    const origins = new CropOrigins([axis({ start: 3, length: 30, size: 4, align: 4 })], 1);
    const places = new Set(Array.from({ length: 500 }, (_, i) => origins.at(i)[0]!));
    expect([...places].sort((a, b) => a - b)).toEqual([4, 8, 12, 16, 20, 24, 28]);
  });

  test.each([axis({ size: 11 }), axis({ length: 0, size: 1 }), axis({ start: 1, length: 4, size: 4, align: 4 })])(
    'refuses what fits nowhere, case %#',
    (one) => {
      expect(() => new CropOrigins([one], 0)).toThrow(/don't fit into its/);
    },
  );
});

const shapes = fc
  .array(fc.record({ chunk: fc.integer({ min: 1, max: 5 }), size: fc.integer({ min: 1, max: 7 }) }), { maxLength: 4 })
  .chain((axes) =>
    fc.record({
      axes: fc.constant(axes),
      origins: fc.array(fc.tuple(...axes.map(() => fc.integer({ min: 0, max: 12 }))), { minLength: 1, maxLength: 4 }),
      gapBytesMax: fc.integer({ min: 0, max: 40 }),
      partBytesMax: fc.integer({ min: 1, max: 200 }),
      itemBytes: fc.constantFrom(1, 2, 3, 8),
    }),
  );

/** All places of a box, each axis counted from 0. */
function* placesOf(count: readonly number[]): Generator<number[]> {
  if (count.length === 0) {
    yield [];
    return;
  }
  for (let i = 0; i < count[0]!; i++) for (const rest of placesOf(count.slice(1))) yield [i, ...rest];
}

describe('planCrops() and rawParts()', () => {
  test('take each element of each crop once, from the part where it lies', () => {
    fc.assert(
      fc.property(shapes, ({ axes, origins, gapBytesMax, partBytesMax, itemBytes }) => {
        const size = axes.map((one) => one.size);
        const chunkShape = axes.map((one) => one.chunk);
        const plan = planCrops(origins, size, chunkShape);
        const seen = new Set<string>();
        for (const { chunk, boxes } of plan) {
          const parts = rawParts(boxes, chunkShape, itemBytes, { gapBytesMax, partBytesMax });
          let before = -1;
          for (const { offset, length, boxes: own } of parts) {
            expect(offset).toBeGreaterThanOrEqual(before);
            before = offset;
            for (const { crop, source, target, count } of own) {
              for (const place of placesOf(count)) {
                const within = place.map((at, i) => source[i]! + at);
                const flat = within.reduce((sum, at, i) => sum * chunkShape[i]! + at, 0) * itemBytes;
                expect(flat).toBeGreaterThanOrEqual(offset);
                expect(flat + itemBytes).toBeLessThanOrEqual(offset + length);
                const to = place.map((at, i) => target[i]! + at);
                // What is taken is the element of the array that the crop has there.
                expect(within.map((at, i) => chunk[i]! * chunkShape[i]! + at)).toEqual(
                  to.map((at, i) => origins[crop]![i]! + at),
                );
                seen.add(`${crop}:${to.join()}`);
              }
            }
          }
          expect(chunk.every((at, i) => at >= 0 && within(at, chunkShape[i]!))).toBe(true);
        }
        expect(seen.size).toBe(origins.length * size.reduce((a, b) => a * b, 1));
        expect(new Set(plan.map(({ chunk }) => chunk.join())).size).toBe(plan.length);
      }),
      { numRuns: 200 },
    );
  });

  test('read what lies close together at once, and no gap that is not worth it', () => {
    const box = { crop: 0, source: [0, 2], target: [0, 0], count: [3, 4] };
    const at = (gapBytesMax: number) => rawParts([box], [4, 10], 2, { gapBytesMax, partBytesMax: 1000 });
    expect(at(12).map(({ offset, length }) => [offset, length])).toEqual([[4, 48]]);
    expect(at(11).map(({ offset, length }) => [offset, length])).toEqual([
      [4, 8],
      [24, 8],
      [44, 8],
    ]);
  });
});

function within(at: number, chunk: number): boolean {
  return at * chunk <= 20;
}

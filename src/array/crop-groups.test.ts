import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nearGroups } from './crop-groups.js';

test('nearGroups() gives each crop once, and groups that lie apart', () => {
  const origins = Array.from({ length: 24 }, (_, i) => [(i % 3) * 100 + (i >> 3), 7 * i]);
  const order = nearGroups(origins, [10, 1000], 8);
  const groups = [0, 8, 16].map((from) => [...order.subarray(from, from + 8)].map((crop) => crop % 3));
  expect(groups).toEqual([0, 1, 2].map((group) => new Array(8).fill(group)));
});

test('nearGroups() is a permutation for any rank, and always the same one', () => {
  const cases = fc.integer({ min: 0, max: 4 }).chain((rank) =>
    fc.record({
      origins: fc.array(fc.array(fc.integer({ min: 0, max: 2 ** 40 }), { minLength: rank, maxLength: rank })),
      chunkShape: fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: rank, maxLength: rank }),
      groupSize: fc.integer({ min: 1, max: 9 }),
    }),
  );
  fc.assert(
    fc.property(cases, ({ origins, chunkShape, groupSize }) => {
      const order = nearGroups(origins, chunkShape, groupSize);
      expect([...order].sort((a, b) => a - b)).toEqual(origins.map((_, crop) => crop));
      expect(nearGroups(origins, chunkShape, groupSize)).toEqual(order);
    }),
  );
});

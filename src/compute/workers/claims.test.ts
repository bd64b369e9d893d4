import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Claims } from './claims.js';

test('claim() gives each task once, in order, and smaller claims near the end', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 500 }),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 5 }),
      (tasks, perClaim, seats) => {
        const options = { tasks, perClaim, seats };
        const first = new Claims(options);
        const all = [first, ...Array.from({ length: seats - 1 }, () => new Claims(options, first.memory))];
        const sizes: number[] = [];
        for (let next = 0; next < tasks; ) {
          const range = all[sizes.length % seats]!.claim(sizes.length % seats)!;
          expect(range.from).toBe(next);
          sizes.push(range.to - range.from);
          next = range.to;
        }
        expect(all.map((claims, seat) => claims.claim(seat))).toEqual(all.map(() => undefined));
        expect(Math.max(...sizes)).toBeLessThanOrEqual(perClaim);
        if (seats > 1) expect(sizes.at(-1)).toBe(1);
        expect(first.workers).toBe(Math.min(seats, sizes.length));
        expect(first.claimed).toBe(tasks);
      },
    ),
  );
});

test('stop() ends claiming for all, and totals() sums up what all have done', () => {
  const options = { tasks: 10, perClaim: 2, seats: 2 };
  const mine = new Claims(options);
  const other = new Claims(options, mine.memory);
  expect(mine.claim(0)).toEqual({ from: 0, to: 2 });
  mine.count(0, { chunks: 1, bytesRead: 2 ** 33 });
  other.count(1, { chunks: 2, chunksMissing: 1 });
  other.stop();
  expect(mine.claim(0)).toBeUndefined();
  expect(mine.totals()).toEqual({
    ...{ chunks: 3, chunksMissing: 1, chunksFailed: 0 },
    ...{ bytesRead: 2 ** 33, bytesDecoded: 0, busyNs: 0 },
  });
});

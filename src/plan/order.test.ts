import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvariantError } from '../assert.js';
import { orderBy, orderByPlace } from './order.js';

const MAX = Number.MAX_SAFE_INTEGER;

/** Array's own sort, which is stable, on pairs. */
function oracle(keys: readonly number[]): number[] {
  return keys
    .map((key, index) => ({ key, index }))
    .sort((a, b) => a.key - b.key)
    .map(({ index }) => index);
}

/** Lengths on both sides of the change of algorithm; few distinct keys, so that stability shows; keys of every size. */
const keyLists = fc
  .tuple(fc.constantFrom(1, 3, 2047, 2 ** 31 + 1, 2 ** 40, MAX), fc.constantFrom(0, 2, 63, 64, 200))
  .chain(([max, length]) =>
    fc.array(
      fc.maxSafeNat().map((key) => key % (max + 1)),
      { minLength: length, maxLength: length },
    ),
  );

describe('orderBy()', () => {
  test('orderBy() visits the keys as a stable sort does', () => {
    fc.assert(
      fc.property(keyLists, (keys) => {
        expect([...orderBy(Float64Array.from(keys))]).toEqual(oracle(keys));
      }),
    );
  });

  test('orderBy() leaves the keys as they were', () => {
    const keys = Float64Array.from({ length: 100 }, (_, index) => (index * 37) % 251);
    const before = keys.slice();
    orderBy(keys);
    expect(keys).toEqual(before);
  });

  test('orderBy() puts 100,000 distinct large keys in order', () => {
    const keys = Float64Array.from({ length: 100_000 }, (_, index) => ((index * 7919) % 100_003) * 2 ** 36);
    const order = orderBy(keys);
    const visited = Array.from(order, (index) => keys[index]!);
    expect(new Set(order).size).toBe(keys.length);
    expect(visited.findIndex((key, place) => place > 0 && key <= visited[place - 1]!)).toBe(-1);
  });

  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('orderBy() stops at the key %d', (key) => {
    expect(() => orderBy(Float64Array.of(1, key))).toThrow(InvariantError);
  });
});

describe('orderByPlace()', () => {
  test('orderByPlace() visits by place, then offset, then as given', () => {
    const entries = fc.array(fc.record({ place: fc.nat(5), offset: fc.nat(5) }), { maxLength: 200 });
    fc.assert(
      fc.property(entries, (all) => {
        const order = orderByPlace(
          Float64Array.from(all, ({ place }) => place),
          (index) => all[index]!.offset,
        );
        const expected = all
          .map((_, index) => index)
          .sort((a, b) => {
            return all[a]!.place - all[b]!.place || all[a]!.offset - all[b]!.offset || a - b;
          });
        expect([...order]).toEqual(expected);
      }),
    );
  });
});

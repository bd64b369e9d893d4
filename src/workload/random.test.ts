import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { permutation } from './random.js';

describe('permutation()', () => {
  test('permutation() gives each number once, the same for the same seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.nat(), (length, seed) => {
        const permute = permutation(length, seed);
        const again = permutation(length, seed);
        const numbers = Array.from({ length }, (_, index) => permute(index));
        expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, index) => index));
        expect(Array.from({ length }, (_, index) => again(index))).toEqual(numbers);
      }),
    );
  });

  test('permutation() shuffles: neighbours end far apart, and seeds differ', () => {
    const length = 100_000;
    const permute = permutation(length, 1);
    const other = permutation(length, 2);
    let distance = 0;
    let fixed = 0;
    for (let index = 1; index < length; index++) {
      distance += Math.abs(permute(index) - permute(index - 1));
      if (permute(index) === other(index)) fixed++;
    }
    // Independent numbers are a third of the length apart on average.
    expect(distance / length / length).toBeCloseTo(1 / 3, 2);
    expect(fixed).toBeLessThan(20);
  });

  test('permutation() stays within a length of 2^40', () => {
    const permute = permutation(2 ** 40, 9);
    const numbers = Array.from({ length: 1000 }, (_, index) => permute(index));
    expect(new Set(numbers).size).toBe(1000);
    for (const number of numbers) expect(number >= 0 && number < 2 ** 40).toBe(true);
  });
});

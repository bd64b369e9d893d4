import fc from 'fast-check';
import { expect, test } from 'vitest';
import { integerCells } from './integer-cells.js';
import { memoryArray, specOf } from './memory-array.testing.js';
import { elementsOf } from './result-table.js';
import { computeStats } from './stats.js';

const TYPES = { int32: Int32Array, uint32: Uint32Array, int64: BigInt64Array, uint64: BigUint64Array } as const;
const MISSING = 7n;

/** Any value of the type, often an extreme one. */
function anyValue(name: keyof typeof TYPES): fc.Arbitrary<bigint> {
  const bits = BigInt(name.replace(/\D/g, ''));
  const [min, max] = name.startsWith('u') ? [0n, (1n << bits) - 1n] : [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n];
  return fc.oneof(fc.constantFrom(min, max, 0n, MISSING), fc.bigInt({ min, max }));
}

function sorted(values: readonly bigint[]): bigint[] {
  return [...values].sort((a, b) => Number(a > b) - Number(a < b));
}

const cases = fc.constantFrom(...(Object.keys(TYPES) as (keyof typeof TYPES)[])).chain((dtype) =>
  fc.record({
    dtype: fc.constant(dtype),
    // Some sums do not fit in 64 bits: those are left out.
    values: fc.array(anyValue(dtype), { minLength: 42, maxLength: 42 }),
    chunkShape: fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 6 })),
    kept: fc.constantFrom([false, true], [true, false]),
  }),
);

test('computeStats() gives exact sums and extremes of integers along an axis', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ dtype, values, chunkShape, kept }) => {
      const typed = new TYPES[dtype](42);
      for (const [i, value] of values.entries()) typed[i] = typeof typed[0] === 'bigint' ? value : Number(value);
      const source = memoryArray({ shape: [7, 6], chunkShape, dtype, values: typed });
      const packing = { missing: [String(MISSING)], validMin: null, validMax: null, scale: 1, offset: 0 };
      const reductions = ['sum', 'min', 'max', 'count'];
      const spec = specOf(source, { kept, packing, reductions });
      const cells = Array.from({ length: kept[0] ? 7 : 6 }, (_, cell) =>
        values.filter((value, i) => value !== MISSING && (kept[0] ? Math.floor(i / 6) : i % 6) === cell),
      );
      const sums = cells.map((all) => all.reduce((a, b) => a + b, 0n));
      const isTooLarge = (sum: bigint) =>
        sum !== (dtype.startsWith('u') ? BigInt.asUintN(64, sum) : BigInt.asIntN(64, sum));
      const asked = computeStats(source.array, spec);
      if (sums.some(isTooLarge)) {
        await expect(asked).rejects.toMatchObject({ kind: 'too-large' });
        return;
      }
      const { table } = await asked;
      for (const [i, all] of cells.entries()) {
        const get = (name: string) => table.values.get(name)![i]!;
        expect(get('count')).toBe(all.length);
        expect(BigInt(get('sum'))).toBe(sums[i]);
        if (all.length === 0) continue;
        expect(BigInt(get('min'))).toBe(sorted(all)[0]);
        expect(BigInt(get('max'))).toBe(sorted(all).at(-1));
      }
    }),
    { numRuns: 300 },
  );
});

test('integerCells() keeps sums exact beyond 2^53', () => {
  const rows = 2 ** 22 + 3;
  const cells = integerCells('I32', 2);
  const row = Int32Array.of(-(2 ** 31), 2 ** 31 - 1);
  for (let i = 0; i < rows; i++) cells.addRow(0, row, undefined);
  const n = BigInt(rows);
  const [low, high] = cells.finish();
  expect(low).toMatchObject({ finite: rows, sum: -n << 31n, squares: n << 62n, min: -(2n ** 31n) });
  expect(high).toMatchObject({ finite: rows, sum: n * (2n ** 31n - 1n), squares: n * (2n ** 31n - 1n) ** 2n });
});

test('elementsOf() keeps integers that a float64 does not hold, unless a value is missing', () => {
  expect(elementsOf([1, 2n ** 60n + 1n])).toEqual(BigInt64Array.of(1n, 2n ** 60n + 1n));
  expect(elementsOf([1, 2n ** 64n - 1n])).toEqual(BigUint64Array.of(1n, 2n ** 64n - 1n));
  expect(elementsOf([Number.NaN, 2n ** 60n])).toEqual(Float64Array.of(Number.NaN, 2 ** 60));
  expect(elementsOf(Float64Array.of(0.5))).toEqual(Float64Array.of(0.5));
});

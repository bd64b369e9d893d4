import { describe, expect, test } from 'vitest';
import { plainDType } from '../array/dtype.js';
import { parsePacking } from '../array/packing.js';
import { memoryArray, specOf } from './memory-array.testing.js';
import { computeStats } from './stats.js';
import { packingSpec } from './stats-spec.js';

/** Count, minimum and maximum of values under attributes of CF. */
async function reduced(dtype: string, values: ArrayLike<number | bigint> & ArrayBufferView, attributes: object) {
  const source = memoryArray({ shape: [values.length], chunkShape: [4], dtype, values });
  const packing = packingSpec(parsePacking(plainDType(dtype), attributes as never));
  const results: unknown[] = [];
  for (const kernels of ['wasm', 'js'] as const) {
    const { table } = await computeStats(source.array, specOf(source, { packing }), { kernels });
    results.push(['count', 'min', 'max', 'sum'].map((name) => table.values.get(name)![0]));
  }
  expect(results[0]).toEqual(results[1]);
  return results[0];
}

describe('missing values', () => {
  test('integers: several fill values, and what is outside of the valid range', async () => {
    const values = Int8Array.of(-128, -5, 0, 3, 4, 100, 127, 9);
    expect(await reduced('int8', values, {})).toEqual([8, -128, 127, 110]);
    expect(await reduced('int8', values, { _FillValue: -128 })).toEqual([7, -5, 127, 238]);
    expect(await reduced('int8', values, { _FillValue: -128, missing_value: [127, 9] })).toEqual([5, -5, 100, 102]);
    expect(await reduced('int8', values, { valid_range: [-5, 100] })).toEqual([6, -5, 100, 111]);
    expect(await reduced('int8', values, { valid_min: 0 })).toEqual([6, 0, 127, 243]);
    expect(await reduced('int8', values, { valid_max: 4 })).toEqual([5, -128, 4, -126]);
    // A range that leaves nothing out.
    expect(await reduced('int8', values, { valid_range: [-128, 127] })).toEqual([8, -128, 127, 110]);
    const wide = BigUint64Array.of(2n ** 64n - 1n, 2n ** 63n, 5n);
    expect(await reduced('uint64', wide, { _FillValue: 2n ** 64n - 1n })).toEqual([2, 5, 2n ** 63n, 2n ** 63n + 5n]);
  });

  test('floats: NaN, fill values and the valid range', async () => {
    const values = Float32Array.of(Number.NaN, -999, 1e20, 3, 4, 5.5);
    expect(await reduced('float32', values, { _FillValue: 1e20 })).toEqual([4, -999, 5.5, -986.5]);
    expect(await reduced('float32', values, { _FillValue: 1e20, missing_value: -999 })).toEqual([3, 3, 5.5, 12.5]);
    expect(await reduced('float32', values, { valid_range: [0, 5] })).toEqual([2, 3, 4, 7]);
  });

  test('half floats and bool', async () => {
    // 1, 2, NaN, -0.5 in binary16.
    expect(await reduced('float16', Uint16Array.of(0x3c00, 0x4000, 0x7e00, 0xb800), {})).toEqual([3, -0.5, 2, 2.5]);
    expect(await reduced('bool', Uint8Array.of(1, 0, 1, 1), {})).toEqual([4, 0, 1, 3]);
  });

  test('scale and offset are applied once, and a negative scale turns the order round', async () => {
    const attributes = { _FillValue: 0, scale_factor: -0.5, add_offset: 10 };
    expect(await reduced('int16', Int16Array.of(0, 2, 4, 8), attributes)).toEqual([3, 6, 9, 23]);
  });
});

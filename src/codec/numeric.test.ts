import { describe, expect, test } from 'vitest';
import { plainDType } from '../array/dtype.js';
import { openChunkDecoder } from './chunk-decoder.js';
import { loadLibraries } from './libraries.js';
import type { CodecSpec } from './step.js';

const libraries = await loadLibraries();

function decode(codec: CodecSpec, dtypeName: string, stored: ArrayBufferView, elements: number): ArrayBuffer {
  const codecs = [codec, { name: 'bytes', configuration: {} }];
  const decoder = openChunkDecoder({ codecs, dtype: plainDType(dtypeName), shape: [elements] }, libraries);
  const target = new Uint8Array(decoder.decodedBytes!);
  decoder.decode(new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength), target);
  return target.buffer;
}

function cast(dtype: string, stored: ArrayBufferView, elements: number, configuration: Record<string, unknown>) {
  return decode({ name: 'cast_value', configuration }, dtype, stored, elements);
}

describe('scale_offset', () => {
  const codec = { name: 'scale_offset', configuration: { scale: 0.1, offset: 5 } };

  test('divides and adds in the type of the array', () => {
    const stored = Float32Array.of(0, 1, -2.5, Number.NaN);
    const expected = Array.from(stored, (x) => Math.fround(Math.fround(x / Math.fround(0.1)) + 5));
    expect([...new Float32Array(decode(codec, 'float32', stored, 4))]).toEqual(expected);
    expect([...new Float64Array(decode(codec, 'float64', Float64Array.of(1, 7), 2))]).toEqual([
      1 / 0.1 + 5,
      7 / 0.1 + 5,
    ]);
  });

  test('keeps every bit of large integers', () => {
    const stored = BigInt64Array.of(2n ** 62n, -7n);
    const whole = { name: 'scale_offset', configuration: { scale: 1, offset: 3 } };
    expect([...new BigInt64Array(decode(whole, 'int64', stored, 2))]).toEqual([2n ** 62n + 3n, -4n]);
  });
});

describe('cast_value', () => {
  const halves = Float64Array.of(-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.4, 2.6);

  test.each([
    ['nearest-even', [-2, -2, 0, 0, 2, 2, 2, 3]],
    ['towards-zero', [-2, -1, 0, 0, 1, 2, 2, 2]],
    ['towards-positive', [-2, -1, 0, 1, 2, 3, 3, 3]],
    ['towards-negative', [-3, -2, -1, 0, 1, 2, 2, 2]],
    ['nearest-away', [-3, -2, -1, 1, 2, 3, 2, 3]],
  ])('rounds %s', (rounding, expected) => {
    const configuration = { data_type: 'float64', rounding };
    expect([...new Int16Array(cast('int16', halves, 8, configuration))]).toEqual(expected);
    expect([...new BigInt64Array(cast('int64', halves, 8, configuration))].map(Number)).toEqual(expected);
  });

  test('refuses, clamps or wraps what the type of the array does not hold', () => {
    const stored = Int32Array.of(-1, 255, 256, 1000);
    const configuration = { data_type: 'int32' };
    expect(() => cast('uint8', stored, 4, configuration)).toThrow('cast_value: -1 lies outside of uint8');
    const clamped = cast('uint8', stored, 4, { ...configuration, out_of_range: 'clamp' });
    expect([...new Uint8Array(clamped)]).toEqual([0, 255, 255, 255]);
    const wrapped = cast('uint8', stored, 4, { ...configuration, out_of_range: 'wrap' });
    expect([...new Uint8Array(wrapped)]).toEqual([255, 255, 0, 232]);
    const wide = BigInt64Array.of(2n ** 62n, -1n);
    expect([...new BigUint64Array(cast('uint64', wide, 2, { data_type: 'int64', out_of_range: 'wrap' }))]).toEqual([
      2n ** 62n,
      2n ** 64n - 1n,
    ]);
  });

  test('NaN becomes an integer only by the map', () => {
    const stored = Float32Array.of(Number.NaN, 3);
    const configuration = { data_type: 'float32', out_of_range: 'clamp' };
    expect(() => cast('int16', stored, 2, configuration)).toThrow("cast_value: NaN can't be an int16");
    const mapped = cast('int16', stored, 2, { ...configuration, scalar_map: { decode: [['NaN', -99]] } });
    expect([...new Int16Array(mapped)]).toEqual([-99, 3]);
  });

  test('the map gives NaN back for a missing value', () => {
    const configuration = { data_type: 'int64', scalar_map: { decode: [[-99, 'NaN']] } };
    expect([...new Float32Array(cast('float32', BigInt64Array.of(-99n, 4n), 2, configuration))]).toEqual([
      Number.NaN,
      4,
    ]);
  });
});

test('delta of 8-byte integers carries from the lower word to the upper one, and wraps', () => {
  const codec = { name: 'numcodecs.delta', configuration: { dtype: '<i8' } };
  const stored = BigInt64Array.of(2n ** 32n - 1n, 1n, -(2n ** 33n), 2n ** 63n - 1n, 2n ** 62n);
  let sum = 0n;
  const expected = Array.from(stored, (step) => {
    sum = BigInt.asIntN(64, sum + step);
    return sum;
  });
  expect([...new BigInt64Array(decode(codec, 'int64', stored, 5))]).toEqual(expected);
});

test('astype rounds large integers to float32 once', () => {
  // Numpy 1.24: rounding to float64 first would give 2^60 for the second.
  const stored = BigInt64Array.of(2n ** 60n + 2n ** 36n, 2n ** 60n + 2n ** 36n + 1n, -5n);
  const codec = { name: 'numcodecs.astype', configuration: { encode_dtype: '<i8', decode_dtype: '<f4' } };
  expect([...new Float32Array(decode(codec, 'float32', stored, 3))]).toEqual([2 ** 60, 2 ** 60 + 2 ** 37, -5]);
});

import { describe, expect, test } from 'vitest';
import { isLsioError } from '../errors.js';
import { plainDType } from './dtype.js';
import type { JsonObject } from './exact-json.js';
import { parsePacking, unpack } from './packing.js';

function unpackAll(dtype: string, attributes: JsonObject, stored: readonly (number | bigint)[]): number[] | undefined {
  const packing = parsePacking(plainDType(dtype), attributes);
  return packing && stored.map((value) => unpack(packing, value));
}

describe('parsePacking(), unpack()', () => {
  test.each([
    ['int16', { scale_factor: 0.5, add_offset: 10, _FillValue: -1 }, [-1, 0, 4], [Number.NaN, 10, 12]],
    ['int16', { scale_factor: '0.5' }, [4], [2]],
    ['int16', { scale_factor: [0.5], missing_value: [7, 8] }, [7, 8, 6], [Number.NaN, Number.NaN, 3]],
    ['uint8', { valid_range: [1, 9] }, [0, 1, 9, 10], [Number.NaN, 1, 9, Number.NaN]],
    ['uint8', { valid_min: 5, valid_max: 6 }, [4, 5, 6, 7], [Number.NaN, 5, 6, Number.NaN]],
    ['float32', { _FillValue: 'AAAAAAAA+H8=' }, [Number.NaN, 1], [Number.NaN, 1]],
    ['float32', { _FillValue: 'mpmZmZmZuT8=' }, [Math.fround(0.1), 0.2], [Number.NaN, 0.2]],
    ['float32', { _FillValue: 9.969209968386869e36 }, [Math.fround(9.969209968386869e36)], [Number.NaN]],
    ['float64', { _FillValue: 'NaN', add_offset: 1 }, [Number.NaN, 1], [Number.NaN, 2]],
    [
      'int64',
      { _FillValue: 9007199254740993n },
      [9007199254740993n, 9007199254740992n],
      [Number.NaN, 9007199254740992],
    ],
  ])('%s, case %#', (dtype, attributes, stored, expected) => {
    expect(unpackAll(dtype, attributes as JsonObject, stored)).toEqual(expected);
  });

  test.each([{}, { units: 'K' }, { _FillValue: null }])('%j says nothing', (attributes) => {
    expect(parsePacking(plainDType('int16'), attributes)).toBeUndefined();
  });

  test('text is never packed', () => {
    expect(parsePacking(plainDType('string'), { _FillValue: 'x' })).toBeUndefined();
  });

  test.each([
    [{ scale_factor: 0 }, 'scale_factor'],
    [{ scale_factor: Number.NaN }, 'scale_factor'],
    [{ add_offset: 'ten' }, 'add_offset'],
    [{ _FillValue: 'AAAAAAAA+H8=' }, '_FillValue'],
    [{ _FillValue: 1.5 }, '_FillValue'],
    [{ missing_value: 40000 }, 'missing_value'],
    [{ valid_min: 'low' }, 'valid_min'],
  ])('%j of int16 is refused', (attributes, name) => {
    let error: unknown;
    try {
      parsePacking(plainDType('int16'), attributes);
    } catch (caught) {
      error = caught;
    }
    expect(isLsioError(error, 'format') && error.message).toContain(`attribute ${name}`);
  });
});

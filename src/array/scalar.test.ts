import { describe, expect, test } from 'vitest';
import { type DType, fixedDType, plainDType, recordDType, timeDType } from './dtype.js';
import { scalarValue } from './elements.js';
import { type JsonValue, parseExactJson } from './exact-json.js';
import { fillWith, parseScalar, reverseWords } from './scalar.js';

function hexOf(dtype: DType, json: JsonValue): string {
  const parsed = parseScalar(dtype, json);
  if (typeof parsed === 'string') return parsed;
  return typeof parsed.value === 'string' ? `"${parsed.value}"` : Buffer.from(parsed.value).toString('hex');
}

const record = recordDType(
  [
    { name: 'a', offset: 0, dtype: plainDType('int16'), bigEndian: true },
    { name: 'b', offset: 2, dtype: plainDType('uint8'), bigEndian: false },
  ],
  3,
);

describe('parseScalar()', () => {
  test.each([
    ['bool', 'true', '01'],
    ['bool', '0', '00'],
    ['uint8', '255', 'ff'],
    ['int8', '-1', 'ff'],
    ['int16', '-2.0', 'feff'],
    ['uint64', '18446744073709551615', 'ffffffffffffffff'],
    ['int64', '9007199254740993', '0100000000002000'],
    ['int64', '-9223372036854775808', '0000000000000080'],
    ['float64', '"NaN"', '000000000000f87f'],
    ['float64', 'NaN', '000000000000f87f'],
    ['float32', '"Infinity"', '0000807f'],
    ['float32', '"-Infinity"', '000080ff'],
    ['float32', '"0x7fc00001"', '0100c07f'],
    ['float64', '"0x7ff8000000000001"', '010000000000f87f'],
    ['float16', '"0x7e01"', '017e'],
    ['float16', '1.5', '003e'],
    ['float32', '-0.0', '00000080'],
    ['float64', '9007199254740993', '0000000000004043'],
    ['complex64', '["NaN", -1]', '0000c07f000080bf'],
    ['complex128', '2', '00000000000000400000000000000000'],
    ['string', '"é"', '"é"'],
    ['string', '0', '""'],
    ['bytes', '"AAE="', '0001'],
    ['bytes', '[0, 1]', '0001'],
  ])('%s %s', (name, json, expected) => expect(hexOf(plainDType(name), parseExactJson(json))).toBe(expected));

  test.each([
    [timeDType('datetime', { unit: 'ns', count: 1 }), 'NaT', '0000000000000080'],
    [timeDType('timedelta', { unit: 's', count: 1 }), 5, '0500000000000000'],
    [fixedDType('fixed-bytes', 3), 'YQ==', '610000'],
    [fixedDType('fixed-bytes', 3), '', '000000'],
    [fixedDType('fixed-text', 2), 'é', 'e900000000000000'],
    [fixedDType('raw', 2), 'AAE=', '0001'],
    [fixedDType('raw', 2), [1, 2], '0102'],
    [record, 'AAEC', '000102'],
    [record, { a: 1, b: 2 }, '000102'],
  ])('%j %j', (dtype, json, expected) => expect(hexOf(dtype, json)).toBe(expected));

  test.each([
    ['uint8', -1],
    ['uint8', 256],
    ['int8', 128],
    ['int16', 1.5],
    ['uint64', 2n ** 64n],
    ['int64', 2n ** 63n],
    ['int32', 'NaN'],
    ['int32', null],
    ['bool', 2],
    ['bool', 'true'],
    ['float32', 1e39],
    ['float16', 65520],
    ['float32', '0x7fc0'],
    ['float32', 'AAAAAAAA+H8='],
    ['float64', 'nan'],
    ['complex64', [1, 2, 3]],
    ['string', 1],
    ['bytes', 'not base64'],
    ['bytes', [256]],
  ])('%s is never %s', (name, json) => {
    expect(hexOf(plainDType(name), json)).toContain(`is not a value of ${name}`);
  });

  test.each([
    [fixedDType('fixed-bytes', 1), 'YWI='],
    [fixedDType('fixed-text', 1), 'ab'],
    [fixedDType('raw', 3), 'AAE='],
    [record, { a: 1 }],
    [record, { a: 70000, b: 1 }],
  ])('%j is never %j', (dtype, json) => expect(hexOf(dtype, json)).toContain('is not a value of'));
});

describe('scalarValue()', () => {
  test.each([
    [plainDType('uint64'), 2n ** 64n - 1n],
    [plainDType('float16'), 1.5],
    [plainDType('bool'), true],
    [plainDType('complex64'), [1, -2]],
    [fixedDType('fixed-text', 4), 'é😀'],
    [plainDType('string'), 'abc'],
    [record, { a: -2, b: 7 }],
  ])('%# gives %s back', (dtype, value) => {
    const parsed = parseScalar(dtype, value as JsonValue);
    expect(typeof parsed === 'string' ? parsed : scalarValue(dtype, parsed.value)).toEqual(value);
  });

  test.each([
    ['ns', 1, 1_700_000_000_123_456_789n, '2023-11-14T22:13:20.123456789'],
    ['ms', 1, -1n, '1969-12-31T23:59:59.999'],
    ['D', 1, 59n, '1970-03-01'],
    ['D', 7, -1n, '1969-12-25'],
    ['h', 1, 25n, '1970-01-02T01'],
    ['M', 1, -1n, '1969-12'],
    ['Y', 1, 54n, '2024'],
    ['s', 1, -(2n ** 63n), null],
  ] as const)('datetime64[%s × %i] %s is %s, as numpy prints it', (unit, count, steps, text) => {
    const bytes = new Uint8Array(BigInt64Array.of(steps).buffer);
    expect(scalarValue(timeDType('datetime', { unit, count }), bytes)).toBe(text);
  });
});

describe('fillWith()', () => {
  test.each([1, 2, 3, 8, 12])('repeats an element of %i bytes', (length) => {
    const element = Uint8Array.from({ length }, (_, i) => i + 1);
    const target = new Uint8Array(length * 37);
    fillWith(target, element);
    expect([...target]).toEqual(Array.from({ length: target.length }, (_, i) => (i % length) + 1));
  });

  test('leaves an empty target', () => fillWith(new Uint8Array(0), Uint8Array.of(1, 2)));
});

describe('reverseWords()', () => {
  test('copies', () => {
    const bytes = Uint8Array.of(1, 2, 3, 4);
    expect([...reverseWords(bytes, 2)]).toEqual([2, 1, 4, 3]);
    expect([...bytes]).toEqual([1, 2, 3, 4]);
  });
});

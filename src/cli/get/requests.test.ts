import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { byteTextOf } from '../../paths/byte-text.js';
import { parseRequest } from './requests.js';

describe('parseRequest()', () => {
  test('takes every form', () => {
    const bytes = fc.oneof(fc.nat(100), fc.maxSafeNat()).map((value) => Math.floor(value / 2));
    const id = fc.oneof(fc.string(), fc.maxSafeInteger(), fc.constantFrom(0.1, -1.5e-7, 1e15));
    const range = fc.oneof(
      fc.record({ offset: bytes, length: bytes }),
      fc.record({ suffixLength: bytes }),
      fc.constant(undefined),
    );
    const name = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(name, range, fc.option(id, { nil: undefined }), (path, range, id) => {
        const line = byteTextOf(JSON.stringify({ id, path, ...range }));
        expect(parseRequest(line)).toEqual({
          name: byteTextOf(path),
          isUrl: false,
          ranges: range === undefined ? [] : [range],
          id,
        });
      }),
    );
  });

  test('takes surrogate escapes for the bytes they stand for', () => {
    expect(parseRequest('{"path": "\\u00e9\\udcff.\\udc80"}')).toEqual({
      name: '\xc3\xa9\xff.\x80',
      isUrl: false,
      ranges: [],
    });
  });

  test.each([
    ['{', 'is not JSON'],
    ['[]', 'is not a JSON object'],
    ['null', 'is not a JSON object'],
    ['"a"', 'is not a JSON object'],
    ['{"path":"a\xff"}', 'is not UTF-8'],
    ['{}', '"path" is missing'],
    ['{"path":1}', '"path" is not a text'],
    ['{"path":""}', '"path" is empty'],
    ['{"path":"a\\u0000"}', '"path" has a NUL'],
    ['{"path":"\\ud800"}', 'half a character'],
    ['{"path":"a","len":1}', '"len" is not known'],
    ['{"path":"a","__proto__":1}', 'not known'],
    ['{"path":"a","id":null}', '"id" is neither'],
    ['{"path":"a","id":9007199254740993}', 'the number 9007199254740993'],
    ['{"path":"a","offset":"1","length":1}', '"offset" is not a number'],
    ['{"path":"a","offset":null,"length":1}', '"offset" is not a number'],
    ['{"path":"a","offset":1}', '"length" is missing'],
    ['{"path":"a","length":1}', '"offset" is missing'],
    ['{"path":"a","offset":0,"length":1,"suffixLength":1}', 'both'],
    ['{"path":"a","offset":-1,"length":1}', 'offset -1'],
    ['{"path":"a","offset":0,"length":1.5}', 'length 1.5'],
    ['{"path":"a","suffixLength":-8}', 'suffixLength -8'],
    ['{"path":"a","offset":9007199254740993,"length":1}', 'the number 9007199254740993'],
    ['{"path":"a","offset":9007199254740990.9,"length":1}', 'the number 9007199254740990.9'],
    ['{"path":"a","offset":1e999,"length":1}', 'the number 1e999'],
    ['{"path":"a","offset":9223372036854775808,"length":1}', 'the number 9223372036854775808'],
    ['{"path":"a","offset":9007199254740991,"length":1}', 'end 9007199254740992'],
  ])('refuses %s', (line, why) => {
    expect(() => parseRequest(line)).toThrow(why);
  });

  test('numbers in texts are no numbers', () => {
    expect(parseRequest('{"path":"9007199254740993","id":"\\"1e999"}').name).toBe('9007199254740993');
  });

  test('never fails but with a usage error', () => {
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.json());
    fc.assert(
      fc.property(value, (text) => {
        try {
          parseRequest(byteTextOf(text));
        } catch (error) {
          expect(error).toMatchObject({ kind: 'usage' });
        }
      }),
    );
  });
});

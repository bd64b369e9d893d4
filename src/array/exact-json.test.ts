import { describe, expect, test } from 'vitest';
import { exactJsonText, parseExactJson, stringifyJson } from './exact-json.js';

describe('parseExactJson()', () => {
  test.each([
    ['18446744073709551615', 18446744073709551615n],
    ['-9223372036854775808', -9223372036854775808n],
    ['9007199254740993', 9007199254740993n],
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['1152921504606846976.5', 2 ** 60],
    ['1152921504606846976e1', 2 ** 60 * 10],
    ['0.0174532925199433', 0.0174532925199433],
    ['NaN', Number.NaN],
    ['[NaN, 0.0174532925199433, 1e-0000000000000001]', [Number.NaN, 0.0174532925199433, 0.1]],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    [
      '{"a": [9007199254740993, "9007199254740993", "NaN"], "NaN": Infinity}',
      { a: [9007199254740993n, '9007199254740993', 'NaN'], NaN: Infinity },
    ],
    [
      '["~", "~n1", "\\u007en9007199254740993", "\\n", 9007199254740993]',
      ['~', '~n1', '~n9007199254740993', '\n', 9007199254740993n],
    ],
    ['{"~n9007199254740993": NaN, "a\\"b": "c\\\\"}', { '~n9007199254740993': Number.NaN, 'a"b': 'c\\' }],
  ])('%s', (text, value) => expect(parseExactJson(text)).toEqual(value));

  test.each(['', '{', '[1,]', 'NaN1', '{"a": 9007199254740993,}', '[NaN NaN]', 'nan', '+NaN'])('refuses %j', (text) => {
    expect(() => parseExactJson(text)).toThrow(SyntaxError);
  });

  test.each(['', 'NaN'])('refuses what is nested too deeply, without overflowing the stack: %j', (inner) => {
    const depth = 200_000;
    expect(() => parseExactJson(`${'[1, {"a": '.repeat(depth)}${inner || 2}${'}]'.repeat(depth)}`)).toThrow(
      'nested more than 500 deep',
    );
    expect(parseExactJson(`${'['.repeat(500)}"]]]]\\"["${']'.repeat(500)}`)).toBeDefined();
  });
});

describe('exactJsonText()', () => {
  test('is read as the same value', () => {
    const value = { a: [1, 9007199254740993n, Number.NaN, 'x"~', null, true], b: { c: -1.5e300 } };
    expect(parseExactJson(exactJsonText(value))).toEqual(value);
  });
});

describe('stringifyJson()', () => {
  test('gives what JSON has no words for as text', () => {
    expect(stringifyJson([2n ** 64n, Number.NaN, -Infinity, 1])).toBe('["18446744073709551616","NaN","-Infinity",1]');
  });
});

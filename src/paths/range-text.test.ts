import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ByteRange, checkRange, OFFSET_MAX } from '../range.js';
import { parseRangeText, splitPathRanges } from './range-text.js';

function usageError(text: string, why: string): unknown {
  const message = expect.stringContaining(`${JSON.stringify(text)} ${why}`);
  return expect.objectContaining({ kind: 'usage', message });
}

describe('parseRangeText()', () => {
  test.each<[string, ByteRange]>([
    ['0-99', { offset: 0, length: 100 }],
    ['5-5', { offset: 5, length: 1 }],
    ['007-010', { offset: 7, length: 4 }],
    ['100-', { offset: 100 }],
    ['0-', { offset: 0 }],
    ['-8', { suffixLength: 8 }],
    ['-0', { suffixLength: 0 }],
    ['0-9007199254740990', { offset: 0, length: OFFSET_MAX }],
    ['9007199254740991-', { offset: OFFSET_MAX }],
    ['-9007199254740991', { suffixLength: OFFSET_MAX }],
  ])('parseRangeText() takes %s', (text, range) => {
    expect(parseRangeText(text)).toEqual(range);
  });

  test.each([
    ...['', '-', '5', '--5', '-5-3', '5--3', '0-9-', 'a-b', '0x1-0x2', '1e3-', '1.5-2', ' 0-9', '0-9 ', '0-9\n'],
    ...['bytes=0-9', '0-9,20-29', '0:9', '٠-٩', '+1-2', '4k-8k'],
  ])('parseRangeText() refuses %j, naming it, with an example', (text) => {
    expect(() => parseRangeText(text)).toThrow(usageError(text, 'is not a byte range: write 0-99'));
  });

  test.each(['5-3', '1-0', '9007199254740993-9007199254740991'])('parseRangeText() refuses %s: reversed', (text) => {
    expect(() => parseRangeText(text)).toThrow(usageError(text, 'ends before it begins'));
  });

  test.each([
    ...['0-9007199254740991', '9007199254740992-', '-9007199254740992', '9007199254740993-9007199254740993'],
    ...['9223372036854775808-', `0-${'9'.repeat(400)}`],
  ])('parseRangeText() refuses %s: beyond 2^53-1', (text) => {
    expect(() => parseRangeText(text)).toThrow(usageError(text, 'goes beyond 2^53-1 bytes'));
  });

  test('parseRangeText() has both ends included, as HTTP has', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (a, b) => {
        const [first, last] = [Math.min(a, b), Math.max(a, b)];
        fc.pre(last < OFFSET_MAX);
        const range = parseRangeText(`${first}-${last}`);
        expect(range).toEqual({ offset: first, length: last - first + 1 });
        expect(() => checkRange(range)).not.toThrow();
      }),
    );
  });

  test('parseRangeText() gives a valid range or a usage error, whatever the text', () => {
    const texts = fc.oneof(fc.string(), fc.stringMatching(/^-?\d{0,17}-?\d{0,17}$/));
    fc.assert(
      fc.property(texts, (text) => {
        try {
          checkRange(parseRangeText(text));
        } catch (error) {
          expect(error).toEqual(usageError(text, ''));
        }
      }),
    );
  });
});

describe('splitPathRanges()', () => {
  test.each<[string, string, ByteRange[] | undefined]>([
    ['a/b.bin', 'a/b.bin', undefined],
    ['', '', undefined],
    ['a#b', 'a#b', undefined],
    ['a#bytes', 'a#bytes', undefined],
    ['a#bytes=0-99', 'a', [{ offset: 0, length: 100 }]],
    [
      'a#bytes=0-99,200-299',
      'a',
      [
        { offset: 0, length: 100 },
        { offset: 200, length: 100 },
      ],
    ],
    ['a#bytes=-8,5-', 'a', [{ suffixLength: 8 }, { offset: 5 }]],
    ['a#bytes=0-1#bytes=2-3', 'a#bytes=0-1', [{ offset: 2, length: 2 }]],
  ])('splitPathRanges() splits %j', (arg, path, ranges) => {
    expect(splitPathRanges(arg)).toEqual({ path, ranges });
  });

  test.each<[string, string]>([
    ['a#bytes=', ''],
    ['a#bytes=0-1,', ''],
    ['a#bytes=0-1, 3-4', ' 3-4'],
    ['a#bytes=x', 'x'],
    ['a#bytes=5-3', '5-3'],
  ])('splitPathRanges() refuses %j', (arg, named) => {
    expect(() => splitPathRanges(arg)).toThrow(usageError(named, ''));
  });

  test('splitPathRanges() refuses ranges without a path', () => {
    expect(() => splitPathRanges('#bytes=0-1')).toThrow(usageError('#bytes=0-1', 'names no file'));
  });
});

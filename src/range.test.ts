import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ByteRange, checkRange, OFFSET_MAX, pastTheEnd, resolveRange } from './range.js';

const usage = expect.objectContaining({ kind: 'usage' });

/** What the range means by the letter: the positions of the file that it names, or undefined if it can't be satisfied. */
function positionsOf(range: ByteRange, size: number): number[] | undefined {
  const file = Array.from({ length: size }, (_, position) => position);
  if ('suffixLength' in range) return range.suffixLength === 0 ? [] : file.slice(-range.suffixLength);
  const { offset, length } = range;
  const positions = file.filter((position) => position >= offset && position - offset < (length ?? size));
  const isEmpty = length === 0 || (length === undefined && offset === 0 && size === 0);
  return positions.length === 0 && !isEmpty ? undefined : positions;
}

describe('resolveRange()', () => {
  test.each<[string, ByteRange, number, [number, number]]>([
    ['an inner range', { offset: 2, length: 3 }, 10, [2, 3]],
    ['an overhanging end', { offset: 8, length: 100 }, 10, [8, 2]],
    ['an open end', { offset: 8 }, 10, [8, 2]],
    ['the whole file', { offset: 0 }, 10, [0, 10]],
    ['the whole empty file', { offset: 0 }, 0, [0, 0]],
    ['a suffix', { suffixLength: 3 }, 10, [7, 3]],
    ['a suffix longer than the file', { suffixLength: 100 }, 10, [0, 10]],
    ['a suffix of an empty file', { suffixLength: 100 }, 0, [0, 0]],
    ['no suffix', { suffixLength: 0 }, 10, [10, 0]],
    ['an empty range', { offset: 3, length: 0 }, 10, [3, 0]],
    ['an empty range past the end', { offset: 30, length: 0 }, 10, [30, 0]],
    ['a length that is there but undefined', { offset: 4, length: undefined } as unknown as ByteRange, 10, [4, 6]],
    ['the last byte that can be addressed', { offset: OFFSET_MAX - 1, length: 1 }, OFFSET_MAX, [OFFSET_MAX - 1, 1]],
  ])('resolveRange() resolves %s', (_, range, size, [offset, length]) => {
    expect(resolveRange(range, size)).toEqual({ offset, length });
  });

  test.each<[ByteRange, number]>([
    [{ offset: 10, length: 1 }, 10],
    [{ offset: 11 }, 10],
    [{ offset: 10 }, 10],
    [{ offset: 0, length: 1 }, 0],
    [{ offset: OFFSET_MAX }, 10],
  ])('resolveRange() refuses %o in %d bytes with a range error', (range, size) => {
    const offset = 'offset' in range ? range.offset : -1;
    const message = `range begins at byte ${offset}, at or past the end (${size} bytes)`;
    expect(() => resolveRange(range, size)).toThrow(expect.objectContaining({ kind: 'range', message, offset }));
  });

  test('resolveRange() refuses a malformed range before it looks at the size', () => {
    expect(() => resolveRange({ offset: -1, length: 0 }, 10)).toThrow(usage);
    expect(() => resolveRange({ offset: 1e300 }, 10)).toThrow(usage);
  });

  test('resolveRange() names the very positions that the definition names', () => {
    const number = fc.nat(12);
    const range: fc.Arbitrary<ByteRange> = fc.oneof(
      fc.record({ offset: number, length: number }),
      fc.record({ offset: number }),
      fc.record({ suffixLength: number }),
    );
    fc.assert(
      fc.property(range, number, (asked, size) => {
        const expected = positionsOf(asked, size);
        if (expected === undefined) {
          expect(() => resolveRange(asked, size)).toThrow(expect.objectContaining({ kind: 'range' }));
          return;
        }
        const { offset, length } = resolveRange(asked, size);
        expect(Array.from({ length }, (_, index) => offset + index)).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });

  test('resolveRange() never reaches outside a file of any size', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), fc.maxSafeNat(), (offset, length, size) => {
        fc.pre(length > 0 && offset < size && offset + length <= OFFSET_MAX);
        const extent = resolveRange({ offset, length }, size);
        expect(extent.offset).toBe(offset);
        expect(BigInt(extent.length)).toBe(
          [BigInt(length), BigInt(size) - BigInt(offset)].reduce((a, b) => (a < b ? a : b)),
        );
      }),
    );
  });
});

describe('checkRange()', () => {
  test.each<ByteRange>([
    { offset: 0 },
    { offset: OFFSET_MAX },
    { offset: OFFSET_MAX, length: 0 },
    { offset: 0, length: OFFSET_MAX },
    { suffixLength: OFFSET_MAX },
  ])('checkRange() takes %o', (range) => {
    expect(() => checkRange(range)).not.toThrow();
  });

  test.each<[unknown, string]>([
    [{ offset: -1 }, 'offset -1'],
    [{ offset: 0.5 }, 'offset 0.5'],
    [{ offset: Number.NaN }, 'offset NaN'],
    [{ offset: 2 ** 53 }, 'offset 9007199254740992'],
    [{ offset: '5' }, "offset '5'"],
    [{ offset: 5n }, 'offset 5n'],
    [{ length: 5 }, 'offset undefined'],
    [{ offset: 0, length: -1 }, 'length -1'],
    [{ offset: 0, length: null }, 'length null'],
    [{ offset: 0, length: Number.POSITIVE_INFINITY }, 'length Infinity'],
    [{ offset: OFFSET_MAX, length: 1 }, 'end 9007199254740992'],
    [{ offset: OFFSET_MAX, length: OFFSET_MAX }, 'end'],
    [{ suffixLength: -1 }, 'suffixLength -1'],
    [{ suffixLength: 1.5 }, 'suffixLength 1.5'],
    [{ suffixLength: undefined }, 'suffixLength undefined'],
  ])('checkRange() refuses %o', (range, named) => {
    const message = expect.stringContaining(`${named} `);
    expect(() => checkRange(range as ByteRange)).toThrow(expect.objectContaining({ kind: 'usage', message }));
  });
});

describe('checkRange() of two meanings at once', () => {
  test.each([
    { offset: 0, suffixLength: 5 },
    { length: 3, suffixLength: 5 },
  ])('checkRange() refuses %o', (range) => {
    expect(() => checkRange(range as ByteRange)).toThrow(usage);
    expect(() => resolveRange(range as ByteRange, 10)).toThrow(usage);
  });
});

describe('pastTheEnd()', () => {
  test('pastTheEnd() carries the offset', () => {
    expect(pastTheEnd(7, 5)).toMatchObject({ kind: 'range', offset: 7 });
  });
});

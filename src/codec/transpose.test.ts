import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cases } from '../long.testing.js';
import { isOrder, transposeCodec, transposeItems } from './transpose.js';

/** One element after the other. */
function slowly<T>(source: readonly T[], shape: readonly number[], order: readonly number[]): T[] {
  const encodedShape = order.map((dimension) => shape[dimension]!);
  const strides = encodedShape.map((_, i) => encodedShape.slice(i + 1).reduce((a, b) => a * b, 1));
  return source.map((_, at) => {
    let rest = at;
    const index = shape.map(() => 0);
    for (let d = shape.length - 1; d >= 0; d--) {
      index[d] = rest % shape[d]!;
      rest = Math.floor(rest / shape[d]!);
    }
    return source[order.reduce((sum, dimension, i) => sum + index[dimension]! * strides[i]!, 0)]!;
  });
}

const arrays = fc
  .array(fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant(1), fc.integer({ min: 30, max: 40 })), { maxLength: 4 })
  .chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      order: fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }),
      itemBytes: fc.constantFrom(1, 2, 3, 4, 6, 8, 12, 16),
    }),
  )
  .filter(({ shape }) => shape.reduce((a, b) => a * b, 1) < 20_000);

test('transposeCodec() puts every element where numpy does, for every order and element size', () => {
  fc.assert(
    fc.property(arrays, fc.nat(7), ({ shape, order, itemBytes }, shift) => {
      const elements = shape.reduce((a, b) => a * b, 1);
      const source = new Uint8Array(shift + elements * itemBytes).map((_, i) => (i * 7) % 251).subarray(shift);
      const items = Array.from({ length: elements }, (_, i) => source.subarray(i * itemBytes, (i + 1) * itemBytes));
      const target = new Uint8Array(shift + source.length).subarray(shift);
      transposeCodec('transpose', shape, order, itemBytes).decode(source, target);
      expect(Buffer.compare(target, Buffer.concat(slowly(items, shape, order)))).toBe(0);
      const numbers = items.map((_, i) => i);
      expect(transposeItems(numbers, shape, order)).toEqual(slowly(numbers, shape, order));
    }),
    { numRuns: cases(100) },
  );
});

test('transposeCodec() leaves an array without elements alone', () => {
  transposeCodec('transpose', [3, 0, 2], [2, 1, 0], 4).decode(new Uint8Array(0), new Uint8Array(0));
});

test('isOrder() wants every dimension once', () => {
  expect(isOrder([1, 0], 2)).toBe(true);
  expect(isOrder([1, 1], 2)).toBe(false);
  expect(isOrder([0], 2)).toBe(false);
  expect(isOrder([0, '1'], 2)).toBe(false);
});

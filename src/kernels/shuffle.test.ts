import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bothKernels, contents } from './kernels.testing.js';

const SOURCE = 70_001;
const SCRATCH = 140_000;
const size = fc.constantFrom(1, 2, 3, 4, 8, 16);
const count = fc.integer({ min: 0, max: 300 });

test('unshuffle() is the inverse of the byte shuffle', () => {
  const property = fc.property(size, count, (bytes, elements) => {
    const [wasm, js] = bothKernels(200_000);
    const naive = contents(js);
    for (let i = 0; i < elements * bytes; i++)
      naive[9 + i] = naive[SOURCE + (i % bytes) * elements + Math.floor(i / bytes)]!;
    for (const kernels of [wasm, js]) kernels.unshuffle(9, SOURCE, elements, bytes);
    expect(contents(js).equals(naive)).toBe(true);
    expect(contents(wasm).equals(naive)).toBe(true);
  });
  fc.assert(property, { numRuns: 100 });
});

test('bitUnshuffle() is the inverse of bitshuffle', () => {
  const property = fc.property(size, count, (bytes, eighths) => {
    const elements = eighths * 8;
    const [wasm, js] = bothKernels(200_000);
    const before = contents(js);
    const expected = Buffer.alloc(elements * bytes);
    for (let bit = 0; bit < elements * bytes * 8; bit++) {
      // Bit r of element i stands in row r, at place i.
      const element = Math.floor(bit / (bytes * 8));
      const row = bit % (bytes * 8);
      const place = row * elements + element;
      const value = (before[SOURCE + (place >> 3)]! >> (place & 7)) & 1;
      expected[bit >> 3]! |= value << (bit & 7);
    }
    for (const kernels of [wasm, js]) {
      kernels.bitUnshuffle(9, SOURCE, SCRATCH, elements, bytes);
      const after = contents(kernels);
      expect(after.subarray(9, 9 + expected.length).equals(expected)).toBe(true);
      expect(after.subarray(0, 9).equals(before.subarray(0, 9))).toBe(true);
      expect(after.subarray(9 + expected.length, SCRATCH).equals(before.subarray(9 + expected.length, SCRATCH))).toBe(
        true,
      );
    }
  });
  fc.assert(property, { numRuns: 60 });
});

test('byteSwap() reverses the bytes of each element, in place too', () => {
  const property = fc.property(fc.constantFrom(2, 4, 8), count, fc.boolean(), (bytes, elements, inPlace) => {
    const [wasm, js] = bothKernels(200_000);
    const target = inPlace ? SOURCE : 9;
    const naive = contents(js);
    const before = contents(js);
    for (let i = 0; i < elements * bytes; i++) {
      naive[target + i] = before[SOURCE + i - (i % bytes) + (bytes - 1 - (i % bytes))]!;
    }
    for (const kernels of [wasm, js]) kernels.byteSwap(target, SOURCE, elements, bytes);
    expect(contents(js).equals(naive)).toBe(true);
    expect(contents(wasm).equals(naive)).toBe(true);
  });
  fc.assert(property, { numRuns: 100 });
});

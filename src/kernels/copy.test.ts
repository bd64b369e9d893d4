import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bothKernels, contents } from './kernels.testing.js';

/** Behind the largest target, 90,018 bytes: what overlaps has no one right result. */
const SOURCE = 100_000;

test('copyBox() wasm, plain JavaScript and a naive copy write the same bytes and no others', () => {
  const side = fc.integer({ min: 0, max: 9 });
  const rowBytes = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1000, max: 1100 }));
  const property = fc.property(rowBytes, side, side, side, side, side, side, (row, rows, planes, a, b, c, d) => {
    const targetRow = row + a;
    const sourceRow = row + b;
    const targetPlane = rows * targetRow + c;
    const sourcePlane = rows * sourceRow + d;
    const [wasm, js] = bothKernels(200_000);
    const naive = contents(js);
    for (let p = 0; p < planes; p++) {
      for (let r = 0; r < rows; r++) {
        for (let i = 0; i < row; i++) {
          naive[3 + p * targetPlane + r * targetRow + i] =
            naive[SOURCE + (planes - 1 - p) * sourcePlane + r * sourceRow + i]!;
        }
      }
    }
    // Planes from the last to the first: strides may be negative.
    const last = SOURCE + Math.max(0, planes - 1) * sourcePlane;
    for (const kernels of [wasm, js]) {
      kernels.copyBox(3, last, row, rows, targetRow, sourceRow, planes, targetPlane, -sourcePlane);
    }
    expect(contents(js).equals(naive)).toBe(true);
    expect(contents(wasm).equals(naive)).toBe(true);
  });
  fc.assert(property, { numRuns: 60 });
});

test('gatherElements() takes elements of every size at any stride', () => {
  const size = fc.constantFrom(1, 2, 3, 4, 8, 16, 20);
  const property = fc.property(
    size,
    fc.integer({ min: 0, max: 50 }),
    fc.integer({ min: -60, max: 60 }),
    (bytes, count, stride) => {
      const [wasm, js] = bothKernels(200_000);
      const naive = contents(js);
      for (let i = 0; i < count * bytes; i++) {
        naive[5 + i] = naive[SOURCE + Math.floor(i / bytes) * stride + (i % bytes)]!;
      }
      for (const kernels of [wasm, js]) kernels.gatherElements(5, SOURCE, count, bytes, stride);
      expect(contents(js).equals(naive)).toBe(true);
      expect(contents(wasm).equals(naive)).toBe(true);
    },
  );
  fc.assert(property, { numRuns: 100 });
});

test('copyBox() beyond the memory is an error of WebAssembly, not a write elsewhere', () => {
  const [wasm] = bothKernels(65_536);
  expect(() => wasm.copyBox(wasm.buffer.byteLength - 8, 0, 16, 1, 0, 0, 1, 0, 0)).toThrow(/out of bounds/);
});

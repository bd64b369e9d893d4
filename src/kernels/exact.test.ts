import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ELEMENT_ARRAYS } from './convert.js';
import { type ExactSums, exactWordsBytes, readExactWords } from './exact.js';
import type { Kernels } from './kernels.js';
import { bothKernels } from './kernels.testing.js';

const SOURCE = 10_001;
const [wasm, js] = bothKernels(65_536);

describe.each(['F32', 'F64'] as const)('exact%s()', (type) => {
  const scale = type === 'F32' ? 150 : 1075;

  /** A finite float as an integer, in units of 2^-scale. */
  function integer(x: number): bigint {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, x);
    const bits = view.getBigUint64(0);
    const biased = (bits >> 52n) & 2047n;
    const mantissa = (bits & 0xfffffffffffffn) | (biased > 0n ? 1n << 52n : 0n);
    // x = mantissa · 2^(max(biased, 1) − 1075)
    const power = (biased > 0n ? biased : 1n) - 1075n + BigInt(scale);
    const size = power >= 0n ? mantissa << power : mantissa >> -power;
    return x < 0 ? -size : size;
  }

  function sums(kernels: Kernels, values: Float32Array | Float64Array): ExactSums {
    new Uint8Array(kernels.buffer, 0, exactWordsBytes(type)).fill(0);
    new Uint8Array(kernels.buffer, SOURCE).set(new Uint8Array(values.buffer));
    // In two calls: the words are added to.
    const half = values.length >> 1;
    kernels[`exact${type}`](SOURCE, half, 0);
    kernels[`exact${type}`](SOURCE + half * values.BYTES_PER_ELEMENT, values.length - half, 0);
    return readExactWords(kernels.buffer, 0, type);
  }

  test('wasm, plain JavaScript and big integers agree for any bits', () => {
    const bytes = fc.uint8Array({ minLength: 320, maxLength: 320 });
    const property = fc.property(
      fc.oneof(
        bytes,
        bytes.map((b) => b.map((x) => x & 0x83)),
      ),
      (random) => {
        const values = new ELEMENT_ARRAYS[type](random.slice().buffer);
        const finite = [...values].filter(Number.isFinite).map(integer);
        for (const kernels of [wasm, js]) {
          const exact = sums(kernels, values);
          expect(exact.finite).toBe(finite.length);
          expect(exact.sum).toBe(finite.reduce((a, b) => a + b, 0n));
          expect(exact.squares).toBe(finite.reduce((a, b) => a + b * b, 0n));
          expect(exact.exponent).toBe(-scale);
        }
      },
    );
    fc.assert(property, { numRuns: 300 });
  });

  test('counts infinities apart and skips NaN', () => {
    const infinity = Number.POSITIVE_INFINITY;
    const values = new ELEMENT_ARRAYS[type]([infinity, 1, Number.NaN, -infinity, infinity, 0]);
    for (const kernels of [wasm, js]) {
      const exact = sums(kernels, values);
      expect([exact.finite, exact.positiveInfinities, exact.negativeInfinities]).toEqual([2, 2, 1]);
      expect(exact.sum).toBe(1n << BigInt(scale));
    }
  });
});

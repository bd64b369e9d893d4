import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ELEMENT_ARRAYS } from './convert.js';
import type { Kernels } from './kernels.js';
import { bothKernels } from './kernels.testing.js';
import { biasOf, type IntegerType, readIntegerMoments } from './moments.js';

const SOURCE = 1001;
const OUT = 80_000;
const [wasm, js] = bothKernels(100_000);

function put(kernels: Kernels, values: ArrayBufferView): void {
  new Uint8Array(kernels.buffer, SOURCE, values.byteLength).set(
    new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  );
}

const extreme = fc.constantFrom(Number.NaN, -0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
const near = fc.double({ min: 200, max: 300, noNaN: true });

describe.each(['F32', 'F64'] as const)('moments%s()', (type) => {
  const run = (kernels: Kernels, values: Float32Array | Float64Array): number[] => {
    put(kernels, values);
    kernels[`moments${type}`](SOURCE, values.length, OUT);
    return [...new Float64Array(kernels.buffer, OUT, 7)];
  };

  test('wasm and plain JavaScript give the same bits for any values', () => {
    const any = fc.oneof(near, near, extreme, fc.double());
    const property = fc.property(fc.array(any, { maxLength: 70 }), (list) => {
      const values = new ELEMENT_ARRAYS[type](list);
      expect(run(wasm, values)).toEqual(run(js, values));
    });
    fc.assert(property, { numRuns: 500 });
  });

  test('count, minimum and maximum are right, and the sums to the last digits', () => {
    const property = fc.property(fc.array(fc.oneof(near, near, fc.constant(Number.NaN)), { maxLength: 70 }), (list) => {
      const values = new ELEMENT_ARRAYS[type](list);
      const valid = [...values].filter((x) => !Number.isNaN(x));
      const [count = 0, shift = 0, sum = 0, squares = 0, min, max] = run(wasm, values);
      expect(count).toBe(valid.length);
      expect(min).toBe(Math.min(...valid));
      expect(max).toBe(Math.max(...valid));
      if (count === 0) return;
      expect(shift).toBe(valid[0]);
      const mean = valid.reduce((a, b) => a + b, 0) / count;
      const spread = valid.reduce((a, b) => a + (b - mean) ** 2, 0);
      expect(shift + sum / count).toBeCloseTo(mean, 10);
      expect(squares - (sum * sum) / count).toBeCloseTo(spread, 6);
    });
    fc.assert(property, { numRuns: 200 });
  });

  test('infinities: the shift is finite, so the sum is infinite and not NaN', () => {
    const values = new ELEMENT_ARRAYS[type]([Number.POSITIVE_INFINITY, 280, 281]);
    const [count, shift, sum, squares, min, max, infinite] = run(wasm, values);
    expect([count, shift, sum, squares]).toEqual([3, 280, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
    expect([min, max, infinite]).toEqual([280, Number.POSITIVE_INFINITY, 1]);
  });

  test('nothing valid: count 0', () => {
    expect(run(wasm, new ELEMENT_ARRAYS[type]([Number.NaN, Number.NaN])).slice(0, 4)).toEqual([0, 0, 0, 0]);
    expect(run(wasm, new ELEMENT_ARRAYS[type]([]))).toEqual(run(js, new ELEMENT_ARRAYS[type]([])));
  });
});

describe.each(['I8', 'U8', 'I16', 'U16', 'I32', 'U32', 'I64', 'U64'] as const)('moments%s()', (type: IntegerType) => {
  const bits = 8 * ELEMENT_ARRAYS[type].BYTES_PER_ELEMENT;
  const [lowest, highest] = type.startsWith('U')
    ? [0n, (1n << BigInt(bits)) - 1n]
    : [-(1n << BigInt(bits - 1)), (1n << BigInt(bits - 1)) - 1n];
  const element = fc.oneof(fc.bigInt({ min: lowest, max: highest }), fc.constantFrom(lowest, highest, 1n));

  test('is exact: wasm, plain JavaScript and big integers agree', () => {
    const property = fc.property(fc.array(element, { maxLength: 70 }), fc.boolean(), (list, hasFill) => {
      const values = new ELEMENT_ARRAYS[type](bits === 64 ? (list as never) : (list.map(Number) as never));
      const fill = highest;
      const valid = list.filter((x) => !hasFill || x !== fill);
      for (const kernels of [wasm, js]) {
        put(kernels, values);
        kernels[`moments${type}`](SOURCE, list.length, hasFill, fill - biasOf(type), OUT);
        const { count, min, max, sum, squares } = readIntegerMoments(kernels.buffer, OUT, type);
        expect(count).toBe(valid.length);
        expect(sum).toBe(valid.reduce((a, b) => a + b, 0n));
        expect(squares).toBe(valid.reduce((a, b) => a + b * b, 0n));
        if (count > 0) {
          expect(min).toBe([...valid].sort((a, b) => (a < b ? -1 : 1))[0]);
          expect(max).toBe([...valid].sort((a, b) => (a > b ? -1 : 1))[0]);
        }
      }
    });
    fc.assert(property, { numRuns: 200 });
  });

  test('does not overflow where every element is an extreme', () => {
    const count = 200_003;
    const elementBytes = bits / 8;
    const [bigWasm, bigJs] = bothKernels(100 + count * elementBytes);
    for (const kernels of [bigWasm, bigJs]) {
      const values = new ELEMENT_ARRAYS[type](kernels.buffer, 96, count);
      values.fill((bits === 64 ? lowest : Number(lowest)) as never);
      if (type.startsWith('U')) values.fill((bits === 64 ? highest : Number(highest)) as never);
      kernels[`moments${type}`](96, count, false, 0n, 0);
      const value = type.startsWith('U') ? highest : lowest;
      const { sum, squares } = readIntegerMoments(kernels.buffer, 0, type);
      expect([sum, squares]).toEqual([value * BigInt(count), value * value * BigInt(count)]);
    }
  });
});

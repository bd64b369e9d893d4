import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ELEMENT_ARRAYS, ELEMENT_TYPES, type ElementType } from './convert.js';
import { keyBits, RADIX_COUNTERS, valueOfKey } from './distribution.js';
import type { Kernels } from './kernels.js';
import { bothKernels } from './kernels.testing.js';

const SOURCE = 300_001;
const [wasm, js] = bothKernels(400_000);
const doubles = fc.array(fc.oneof(fc.double({ min: -50, max: 50 }), fc.constantFrom(-50, 50, 0, 60)), {
  maxLength: 60,
});

function put(kernels: Kernels, at: number, values: ArrayBufferView): void {
  new Uint8Array(kernels.buffer, at, values.byteLength).set(
    new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  );
}

test('histogram() counts what lies between the edges', () => {
  const property = fc.property(doubles, fc.integer({ min: 1, max: 20 }), (list, bins) => {
    const edges = Float64Array.from({ length: bins + 1 }, (_, i) => -50 + (100 * i) / bins);
    const expected = Array.from({ length: bins }, (_, i) => {
      const isLast = i === bins - 1;
      return list.filter((x) => x >= edges[i]! && (x < edges[i + 1]! || (isLast && x === edges[i + 1]!))).length;
    });
    for (const kernels of [wasm, js]) {
      const counts = new Uint32Array(kernels.buffer, 512, bins).fill(0);
      put(kernels, 0, edges);
      put(kernels, SOURCE, new Float64Array(list));
      kernels.histogram(SOURCE, list.length, 0, bins, 512);
      expect([...counts]).toEqual(expected);
    }
  });
  fc.assert(property, { numRuns: 200 });
});

type AnyRadix = (...args: [number, number, boolean, number | bigint, number, boolean, bigint, number]) => void;

describe.each(ELEMENT_TYPES)('radix%s()', (type: ElementType) => {
  const bits = keyBits(type);

  /** The k-th smallest by as many passes as the key has 16-bit digits. */
  function select(
    kernels: Kernels,
    count: number,
    k: number,
    hasFill: boolean,
    fill: number | bigint,
  ): number | bigint {
    let rank = k;
    let prefix = 0n;
    for (let shift = Math.max(0, bits - 16); ; shift -= 16) {
      const counts = new Uint32Array(kernels.buffer, 0, RADIX_COUNTERS).fill(0);
      const radix = kernels[`radix${type}`] as AnyRadix;
      radix(SOURCE, count, hasFill, fill, shift, shift < bits - 16, prefix, 0);
      let digit = 0;
      for (; rank >= counts[digit]!; digit++) rank -= counts[digit]!;
      prefix = (prefix << 16n) | BigInt(digit);
      if (shift === 0) return valueOfKey(type, prefix);
    }
  }

  test('finds each order statistic, as sorting does', () => {
    const bytes = fc.uint8Array({ minLength: 24 * 8, maxLength: 24 * 8 });
    const property = fc.property(bytes, fc.boolean(), (random, hasFill) => {
      const values = new ELEMENT_ARRAYS[type](random.slice().buffer, 0, 24);
      const fill = values[5]!;
      const all: (number | bigint)[] = [...values];
      const isFloat = type.startsWith('F');
      const valid = all.filter((x) => !Number.isNaN(x) && !(hasFill && !isFloat && x === fill));
      valid.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
      for (const kernels of [wasm, js]) {
        put(kernels, SOURCE, values);
        for (const k of [0, valid.length >> 1, valid.length - 1]) {
          if (k < 0 || valid.length === 0) continue;
          expect(select(kernels, 24, k, hasFill && !isFloat, fill)).toBe(valid[k]);
        }
      }
    });
    fc.assert(property, { numRuns: 12 });
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { axisState, axisStateBytes } from './axis.js';
import { ELEMENT_ARRAYS } from './convert.js';
import { bothKernels } from './kernels.testing.js';

const SOURCE = 10_001;
const [wasm, js] = bothKernels(65_536);
const special = fc.constantFrom(Number.NaN, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0);
const value = fc.oneof(fc.double({ min: 200, max: 300, noNaN: true }), special);

describe.each(['F32', 'F64'] as const)('axisAdd%s()', (type) => {
  test('wasm and plain JavaScript give the same bits; count, minimum, maximum and mean are right', () => {
    const shape = fc.record({ points: fc.integer({ min: 1, max: 23 }), first: fc.nat(5), steps: fc.nat(6) });
    const property = fc.property(shape, fc.array(value, { minLength: 200, maxLength: 200 }), (sizes, list) => {
      const { first, steps } = sizes;
      const points = sizes.points + first;
      const states = [wasm, js].map((kernels) => {
        kernels[`axisClear${type}`](0, points);
        for (let step = 0; step < steps; step++) {
          const row = new ELEMENT_ARRAYS[type](list.slice(step * 7, step * 7 + sizes.points));
          new Uint8Array(kernels.buffer, SOURCE).set(new Uint8Array(row.buffer));
          kernels[`axisAdd${type}`](SOURCE, first, sizes.points, 0, points);
        }
        return axisState(kernels.buffer, type, 0, points);
      });
      expect(states[0]).toEqual(states[1]);
      const { shift, sum, min, max, count } = states[0]!;
      for (let point = 0; point < points; point++) {
        const all = [...new ELEMENT_ARRAYS[type](list)];
        const steps0 = point < first ? 0 : steps;
        const series = Array.from({ length: steps0 }, (_, s) => all[s * 7 + point - first]!).filter(
          (x) => !Number.isNaN(x),
        );
        expect(count[point]).toBe(series.length);
        expect(min[point]).toBe(Math.min(...series));
        expect(max[point]).toBe(Math.max(...series));
        if (series.length === 0) expect(shift[point]).toBeNaN();
        if (series.length === 0 || !series.every(Number.isFinite)) continue;
        const mean = series.reduce((a, b) => a + b, 0) / series.length;
        expect(shift[point]! + sum[point]! / series.length).toBeCloseTo(mean, 9);
      }
    });
    fc.assert(property, { numRuns: 200 });
  });

  test('the state takes the bytes that axisStateBytes() says', () => {
    const { count } = axisState(wasm.buffer, type, 0, 11);
    expect(count.byteOffset + count.byteLength).toBe(axisStateBytes(type, 11));
  });
});

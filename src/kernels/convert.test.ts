import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ELEMENT_ARRAYS, ELEMENT_TYPES, type ElementType } from './convert.js';
import type { Kernels } from './kernels.js';
import { bothKernels } from './kernels.testing.js';

const SOURCE = 70_001;
const TARGET = 16;
const COUNT = 40;

type AnyConvert = (...args: [number, number, number, boolean, number | bigint, number, number]) => void;

function anyConvert(kernels: Kernels, to: 'Float64' | 'Float32', from: ElementType): AnyConvert {
  return kernels[`to${to}From${from}`] as unknown as AnyConvert;
}

/** Random bits as elements: denormals, NaN and infinities come up; some elements equal the fill. */
const bits = fc.uint8Array({ minLength: COUNT * 8, maxLength: COUNT * 8 });

for (const type of ELEMENT_TYPES) {
  test(`toFloat64From${type}(), toFloat32From${type}() wasm, plain JavaScript and the definition agree`, () => {
    const scale = fc.constantFrom(1, 0.01, -2.5);
    const offset = fc.constantFrom(0, 273.15);
    const property = fc.property(bits, fc.boolean(), scale, offset, (bytes, hasFill, factor, shift) => {
      const values = new ELEMENT_ARRAYS[type](bytes.slice().buffer, 0, COUNT);
      values[3] = values[7] = values[30]!;
      const fill = values[30]!;
      const all: readonly (number | bigint)[] = [...values];
      const expected = all.map((x) => (hasFill && x === fill ? Number.NaN : Number(x) * factor + shift));
      for (const kernels of bothKernels(200_000)) {
        new Uint8Array(kernels.buffer, SOURCE).set(new Uint8Array(values.buffer, 0, values.byteLength));
        anyConvert(kernels, 'Float64', type)(TARGET, SOURCE, COUNT, hasFill, fill, factor, shift);
        expect([...new Float64Array(kernels.buffer, TARGET, COUNT)]).toEqual(expected);
        anyConvert(kernels, 'Float32', type)(TARGET, SOURCE, COUNT, hasFill, fill, factor, shift);
        expect([...new Float32Array(kernels.buffer, TARGET, COUNT)]).toEqual(expected.map(Math.fround));
      }
    });
    fc.assert(property, { numRuns: 40 });
  });
}

test('toFloat32FromF16() is exact for all 65,536 values', () => {
  for (const kernels of bothKernels(600_000)) {
    const halves = new Uint16Array(kernels.buffer, 300_000, 65536);
    for (let i = 0; i < 65536; i++) halves[i] = i;
    kernels.toFloat32FromF16(0, 300_000, 65536);
    const floats = new Float32Array(kernels.buffer, 0, 65536);
    let wrong = 0;
    for (let half = 0; half < 65536; half++) if (!Object.is(floats[half], halfValue(half))) wrong++;
    expect(wrong).toBe(0);
  }
});

/** IEEE 754, binary16: sign, 5 bits of exponent, 10 bits of fraction. */
function halfValue(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

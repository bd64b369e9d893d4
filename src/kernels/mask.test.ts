import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ELEMENT_ARRAYS, ELEMENT_TYPES } from './convert.js';
import { bothKernels } from './kernels.testing.js';

const AT = 1001;
const [wasm, js] = bothKernels(65_536);

type AnyMask = (at: number, count: number, ...settings: (number | bigint)[]) => void;

test.each(ELEMENT_TYPES)('mask%s() makes missing values of one kind', (type) => {
  const bytes = fc.uint8Array({ minLength: 160, maxLength: 160 });
  const property = fc.property(bytes, (random) => {
    const values = new ELEMENT_ARRAYS[type](random.slice().buffer, 0, 20);
    const all: (number | bigint)[] = [...values];
    const [fill, missing, a, b] = [all[1]!, all[2]!, all[3]!, all[4]!];
    const [low, high] = a < b ? [a, b] : [b, a];
    const isFloat = type.startsWith('F');
    const expected = all.map((x) => {
      const isMissing = x === missing || x < low || x > high || (isFloat && x === fill);
      return isMissing ? (isFloat ? Number.NaN : fill) : x;
    });
    for (const kernels of [wasm, js]) {
      new Uint8Array(kernels.buffer, AT).set(new Uint8Array(values.buffer, 0, values.byteLength));
      (kernels[`mask${type}`] as AnyMask)(AT, 20, fill, missing, low, high);
      const masked = kernels.buffer.slice(AT, AT + values.byteLength);
      expect([...new ELEMENT_ARRAYS[type](masked)]).toEqual(expected);
    }
  });
  fc.assert(property, { numRuns: 100 });
});

import { ELEMENT_ARRAYS, ELEMENT_TYPES, type ElementType, type ElementValue } from './convert.js';
import { elementsAt, type TypedArrayOf, writeAt } from './views.js';

/**
 * Makes missing values of one kind, in place: those equal to `missing` or outside of [low, high] become NaN in
 * floats, `fill` in integers. Floats equal to `fill` become NaN, too. A NaN as `fill`, `missing` or bound matches none.
 */
export type MaskKernels = {
  [T in ElementType as `mask${T}`]: (
    at: number,
    count: number,
    fill: ElementValue<T>,
    missing: ElementValue<T>,
    low: ElementValue<T>,
    high: ElementValue<T>,
  ) => void;
};

export function maskKernels(buffer: ArrayBuffer): MaskKernels {
  const kernels: Record<string, unknown> = {};
  for (const type of ELEMENT_TYPES) kernels[`mask${type}`] = mask(buffer, type);
  return kernels as unknown as MaskKernels;
}

function mask(buffer: ArrayBuffer, type: ElementType) {
  const isFloat = type.startsWith('F');
  return (at: number, count: number, ...settings: (number | bigint)[]): void => {
    const rounded = type === 'F32' ? settings.map((x) => Math.fround(x as number)) : settings;
    const [fill = 0, missing = 0, low = 0, high = 0] = rounded;
    const array: unknown = ELEMENT_ARRAYS[type];
    const values = elementsAt(
      array as TypedArrayOf<{ [i: number]: number | bigint } & ArrayBufferView>,
      buffer,
      at,
      count,
    );
    const replacement = isFloat ? Number.NaN : fill;
    for (let i = 0; i < count; i++) {
      const x = values[i]!;
      if ((isFloat && x === fill) || x === missing || x < low || x > high) values[i] = replacement;
    }
    if (values.buffer !== buffer) writeAt(buffer, at, values);
  };
}

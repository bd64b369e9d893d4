import { elementsAt, type TypedArrayOf, writeAt } from './views.js';

/** The types of elements that kernels know, named as in the kernels' names. Float16 is converted to float32 first. */
export type ElementType = 'I8' | 'U8' | 'I16' | 'U16' | 'I32' | 'U32' | 'I64' | 'U64' | 'F32' | 'F64';

/** A value of one type: 64-bit integers are bigint. */
export type ElementValue<T extends ElementType> = T extends 'I64' | 'U64' ? bigint : number;

export const ELEMENT_ARRAYS = {
  I8: Int8Array,
  U8: Uint8Array,
  I16: Int16Array,
  U16: Uint16Array,
  I32: Int32Array,
  U32: Uint32Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
  F32: Float32Array,
  F64: Float64Array,
} as const;

export const ELEMENT_TYPES = Object.keys(ELEMENT_ARRAYS) as ElementType[];

/** Target and source must not overlap unless they are equal and the elements have one size. */
type Convert<T extends ElementType> = (
  target: number,
  source: number,
  count: number,
  hasFill: boolean,
  fill: ElementValue<T>,
  scale: number,
  offset: number,
) => void;

/**
 * Conversions to float64 and float32: NaN where `hasFill` and the value equals `fill`, else value × scale + offset,
 * in float64 with one rounding an operation, then rounded to the target's type.
 */
export type ConvertKernels = {
  [T in ElementType as `toFloat64From${T}`]: Convert<T>;
} & {
  [T in ElementType as `toFloat32From${T}`]: Convert<T>;
} & {
  /** Exact; NaN keeps its bits. */
  toFloat32FromF16(target: number, source: number, count: number): void;
};

export function convertKernels(buffer: ArrayBuffer): ConvertKernels {
  const kernels: Record<string, unknown> = { toFloat32FromF16: halfToFloat(buffer) };
  for (const type of ELEMENT_TYPES) {
    kernels[`toFloat64From${type}`] = convert(buffer, type, Float64Array);
    kernels[`toFloat32From${type}`] = convert(buffer, type, Float32Array);
  }
  return kernels as unknown as ConvertKernels;
}

function convert<T extends ElementType>(
  buffer: ArrayBuffer,
  type: T,
  Target: typeof Float64Array | typeof Float32Array,
): Convert<T> {
  return (target, source, count, hasFill, fill, scale, offset) => {
    const array: unknown = ELEMENT_ARRAYS[type];
    const values = elementsAt(array as TypedArrayOf<ArrayLike<number | bigint>>, buffer, source, count);
    const missing = type === 'F32' ? Math.fround(Number(fill)) : fill;
    const plain = !hasFill && scale === 1 && offset === 0;
    const converted = new Target(count);
    for (let i = 0; i < count; i++) {
      const x = values[i]!;
      // Number() rounds 64-bit integers to float64; a float32 target then rounds a second time.
      if (plain) converted[i] = Number(x);
      else converted[i] = hasFill && x === missing ? Number.NaN : Number(x) * scale + offset;
    }
    writeAt(buffer, target, converted);
  };
}

function halfToFloat(buffer: ArrayBuffer): ConvertKernels['toFloat32FromF16'] {
  const bits = new Uint32Array(1);
  const value = new Float32Array(bits.buffer);
  return (target, source, count) => {
    const halves = elementsAt(Uint16Array, buffer, source, count);
    const converted = new Uint32Array(count);
    for (let i = 0; i < count; i++) {
      const half = halves[i]!;
      const magnitude = (half & 0x7fff) << 13;
      if ((half & 0x7c00) === 0x7c00) bits[0] = magnitude | 0x7f800000;
      else {
        bits[0] = magnitude;
        value[0] = value[0]! * 2 ** 112;
      }
      converted[i] = bits[0]! | ((half & 0x8000) << 16);
    }
    writeAt(buffer, target, converted);
  };
}

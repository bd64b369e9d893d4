import type { DType } from '../array/dtype.js';
import { float16ToFloat32, numberToFloat16 } from '../array/float16.js';
import { type Codec, checkLength } from './codec.js';

/** Elements of a fixed size that numbers or bigints stand for. */
export type NumberArray =
  | Uint8Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;
export type BigArray = BigInt64Array<ArrayBuffer> | BigUint64Array<ArrayBuffer>;
export type ValueArray = NumberArray | BigArray;

interface ArrayType<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
}

const TYPES: Readonly<Record<string, ArrayType<ValueArray>>> = {
  bool1: Uint8Array,
  int1: Int8Array,
  int2: Int16Array,
  int4: Int32Array,
  int8: BigInt64Array,
  uint1: Uint8Array,
  uint2: Uint16Array,
  uint4: Uint32Array,
  uint8: BigUint64Array,
  float2: Uint16Array,
  float4: Float32Array,
  float8: Float64Array,
  datetime8: BigInt64Array,
  timedelta8: BigInt64Array,
};

function typeOf({ kind, itemBytes }: DType): ArrayType<ValueArray> | undefined {
  return TYPES[`${kind}${itemBytes}`];
}

/** Whether arithmetic on such elements means anything: not for text, raw bytes or complex numbers. */
export function isNumeric(dtype: DType): boolean {
  return typeOf(dtype) !== undefined;
}

export function isFloat({ kind }: DType): boolean {
  return kind === 'float';
}

/** Integers of 8 bytes, which bigints stand for. */
export function isBig(dtype: DType): boolean {
  const type = typeOf(dtype);
  return type === BigInt64Array || type === BigUint64Array;
}

/** The words of elements in memory, half floats as their bits: a view, or a copy where the bytes aren't aligned. */
export function words(dtype: DType, bytes: Uint8Array): ValueArray {
  const type = typeOf(dtype)!;
  const size = type.BYTES_PER_ELEMENT;
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return new type(aligned.buffer, aligned.byteOffset, bytes.length / size);
}

/** The values of elements: half floats become float32. */
export function values(dtype: DType, bytes: Uint8Array): ValueArray {
  const array = words(dtype, bytes);
  return isHalf(dtype) ? float16ToFloat32(array as Uint16Array) : array;
}

export function isHalf({ kind, itemBytes }: DType): boolean {
  return kind === 'float' && itemBytes === 2;
}

/** Writes what `of` gives for each value, converted as numpy's `astype` does. */
export function writeValues(
  dtype: DType,
  target: Uint8Array,
  source: ValueArray,
  of: (value: number | bigint) => number | bigint = (value) => value,
): void {
  const to = words(dtype, target);
  const convert = converter(dtype);
  for (let i = 0; i < to.length; i++) to[i] = convert(of(source[i]!)) as never;
  if (to.buffer !== target.buffer) target.set(new Uint8Array(to.buffer, to.byteOffset, to.byteLength));
}

const INT64_MIN = -(2n ** 63n);

/** A value as it is stored in a word: what a typed array doesn't do by itself. */
function converter(dtype: DType): (value: number | bigint) => number | bigint {
  if (dtype.kind === 'bool') return (value) => (value ? 1 : 0);
  if (isHalf(dtype)) return (value) => numberToFloat16(Number(value));
  if (isFloat(dtype)) return dtype.itemBytes === 4 ? toFloat32 : Number;
  if (isBig(dtype)) return (value) => (typeof value === 'bigint' ? value : truncated(value));
  // Of a large integer the lowest bits stay.
  return (value) => (typeof value === 'bigint' ? Number(BigInt.asIntN(32, value)) : value);
}

/** Of a large integer, what is lost on the way to a float64 must still tell which float32 is the closest. */
function toFloat32(value: number | bigint): number {
  const near = Number(value);
  if (typeof value === 'number' || Math.abs(near) < 2 ** 53) return near;
  return Number((value >> 11n) | (value & 2047n ? 1n : 0n)) * 2048;
}

/** What no integer stands for becomes the smallest one, as processors and so numpy have it. */
function truncated(value: number): bigint {
  return Number.isFinite(value) ? BigInt(Math.trunc(value)) : INT64_MIN;
}

/** Numpy's `astype`: of `quantize`, `astype` and others. */
export function castCodec(name: string, encoded: DType, decoded: DType): Codec {
  return {
    name,
    decode(source, target) {
      checkLength(name, 'encoded data', source.length, (target.length / decoded.itemBytes) * encoded.itemBytes);
      if (encoded.name === decoded.name) target.set(source);
      else writeValues(decoded, target, values(encoded, source));
    },
  };
}

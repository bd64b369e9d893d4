import type { DType } from '../array/dtype.js';
import { float16ToNumber, numberToFloat16 } from '../array/float16.js';
import { type Codec, checkLength, type InPlaceCodec } from './codec.js';
import { castCodec, isBig, isFloat, isHalf, values, words, writeValues } from './elements.js';

/** Numpy's arithmetic rounds every result to the type of the elements; that of integers is done in float64. */
type Round = (value: number) => number;

function rounding(dtype: DType): Round {
  if (isHalf(dtype)) return (value) => float16ToNumber(numberToFloat16(value));
  return dtype.kind === 'float' && dtype.itemBytes === 4 ? Math.fround : (value) => value;
}

/** `delta` of numcodecs: each element is the difference to the one before. The sums are rounded and wrap as numpy's. */
export function deltaCodec(name: string, encoded: DType, decoded: DType): Codec {
  const cast = castCodec(name, encoded, decoded);
  const sum = isHalf(decoded) ? sumHalves : isBig(decoded) ? sumWide : decoded.kind === 'bool' ? sumBools : sumWords;
  return {
    name,
    decode(source, target) {
      cast.decode(source, target);
      const array = isBig(decoded) ? wideWords(target) : words(decoded, target);
      sum(array as Uint16Array);
      if (array.buffer !== target.buffer) target.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    },
  };
}

function sumWords(array: Uint16Array): void {
  for (let i = 1; i < array.length; i++) array[i] = array[i - 1]! + array[i]!;
}

function sumHalves(array: Uint16Array): void {
  for (let i = 1; i < array.length; i++) {
    array[i] = numberToFloat16(float16ToNumber(array[i - 1]!) + float16ToNumber(array[i]!));
  }
}

/** Numpy adds truth values by "or". */
function sumBools(array: Uint16Array): void {
  for (let i = 1; i < array.length; i++) array[i] = array[i - 1]! | array[i]!;
}

/** Integers of 8 bytes as pairs of words, the lower one first: many times faster than bigints. */
function sumWide(array: Uint16Array): void {
  const pairs = array as unknown as Uint32Array;
  let low = 0;
  let high = 0;
  for (let i = 0; i < pairs.length; i += 2) {
    low += pairs[i]!;
    const carry = low > 0xffffffff ? 1 : 0;
    low >>>= 0;
    high = (high + pairs[i + 1]! + carry) >>> 0;
    pairs[i] = low;
    pairs[i + 1] = high;
  }
}

function wideWords(target: Uint8Array): Uint32Array {
  const aligned = target.byteOffset % 4 === 0 ? target : target.slice();
  return new Uint32Array(aligned.buffer, aligned.byteOffset, target.length / 4);
}

export interface ScaleOffset {
  readonly scale: number;
  readonly offset: number;
}

/** `fixedscaleoffset` of numcodecs: `encoded / scale + offset`, by numpy's rules, then converted to the decoded type. */
export function fixedScaleOffsetCodec(
  name: string,
  encoded: DType,
  decoded: DType,
  { scale, offset }: ScaleOffset,
): Codec {
  const round = rounding(encoded);
  return {
    name,
    decode(source, target) {
      checkLength(name, 'encoded data', source.length, (target.length / decoded.itemBytes) * encoded.itemBytes);
      const from = values(encoded, source);
      writeValues(decoded, target, from, (value) => round(round(Number(value) / scale) + offset));
    },
  };
}

/** `scale_offset` of Zarr v3: the same in the array's own type. Integers of 8 bytes are divided as integers. */
export function scaleOffsetCodec(name: string, dtype: DType, { scale, offset }: ScaleOffset): InPlaceCodec {
  const round = rounding(dtype);
  const ofNumber = (value: number | bigint) => round(round(Number(value) / round(scale)) + round(offset));
  const bigScale = isFloat(dtype) ? 1n : BigInt(Math.trunc(scale));
  const bigOffset = isFloat(dtype) ? 0n : BigInt(Math.trunc(offset));
  const ofBig = (value: number | bigint) => (value as bigint) / bigScale + bigOffset;
  return {
    name,
    inPlace: true,
    decode(source, target) {
      checkLength(name, 'encoded data', source.length, target.length);
      writeValues(dtype, target, values(dtype, source), isBig(dtype) ? ofBig : ofNumber);
    },
  };
}

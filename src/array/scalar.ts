import type { DType, Field } from './dtype.js';
import { type JsonValue, shownJson } from './exact-json.js';
import { float16ToNumber, numberToFloat16 } from './float16.js';

/**
 * One element: its bytes in memory (little-endian), or for the dtypes of variable length the string or the bytes
 * themselves. Plain data.
 */
export type Scalar = Uint8Array | string;

/** A number as JSON holds it, or as text: `NaN`, `Infinity`, `-Infinity`. */
const FLOAT_WORDS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};
/** What is neither: numpy's "not a time" is the least int64. */
const NOT_A_TIME = -(2n ** 63n);

/** The element that is all zeros, or empty. */
export function zeroScalar(dtype: DType): Scalar {
  return dtype.kind === 'string' ? '' : new Uint8Array(dtype.itemBytes);
}

/**
 * The element that metadata of Zarr (v2 or v3) gives as JSON: a fill value. Exact, or not at all.
 *
 * @returns the element, or text that says why the value can't be one of `dtype`.
 */
export function parseScalar(dtype: DType, json: JsonValue): { readonly value: Scalar } | string {
  const value = scalarOf(dtype, json);
  return value === undefined ? `${shownJson(json)} is not a value of ${dtype.name}` : { value };
}

function scalarOf(dtype: DType, json: JsonValue): Scalar | undefined {
  switch (dtype.kind) {
    case 'bool':
      return boolOf(json);
    case 'int':
    case 'uint':
      return integerOf(json, dtype.itemBytes, dtype.kind === 'int');
    case 'float':
      return floatOf(json, dtype.itemBytes);
    case 'complex':
      return complexOf(json, dtype.itemBytes);
    case 'datetime':
    case 'timedelta':
      return integerOf(json === 'NaT' ? NOT_A_TIME : json, 8, true);
    case 'fixed-text':
      return json === 0 ? new Uint8Array(dtype.itemBytes) : typeof json === 'string' ? utf32(json, dtype) : undefined;
    case 'fixed-bytes':
    case 'raw':
    case 'record':
      return fixedBytesOf(dtype, json);
    case 'string':
      // Writers of Zarr v2 gave arrays of strings the fill value 0.
      return json === 0 ? '' : typeof json === 'string' ? json : undefined;
    case 'bytes':
      return json === 0 ? new Uint8Array(0) : bytesOf(json);
  }
}

function boolOf(json: JsonValue): Uint8Array | undefined {
  if (json !== true && json !== false && json !== 0 && json !== 1) return undefined;
  return Uint8Array.of(Number(json));
}

/** The two's complement, if the number is whole and in range. Zarr v2 has `0.0` for integers, too. */
function integerOf(json: JsonValue, bytes: number, signed: boolean): Uint8Array | undefined {
  if (typeof json !== 'bigint' && !(typeof json === 'number' && Number.isInteger(json))) return undefined;
  const value = BigInt(json);
  const bits = bytes * 8;
  if ((signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)) !== value) return undefined;
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt.asUintN(64, value), true);
  return new Uint8Array(view.buffer, 0, bytes);
}

/** Text may be the bits in hexadecimal, most significant first: `0x7fc00001`. */
function floatOf(json: JsonValue, bytes: number): Uint8Array | undefined {
  const out = new Uint8Array(bytes);
  if (typeof json === 'string' && /^0x[0-9a-fA-F]+$/.test(json)) {
    if (json.length !== 2 + bytes * 2) return undefined;
    for (let i = 0; i < bytes; i++) out[bytes - 1 - i] = Number.parseInt(json.slice(2 + i * 2, 4 + i * 2), 16);
    return out;
  }
  const value = numberOf(json);
  if (value === undefined) return undefined;
  const view = new DataView(out.buffer);
  if (bytes === 8) view.setFloat64(0, value, true);
  else if (bytes === 4) view.setFloat32(0, value, true);
  else view.setUint16(0, numberToFloat16(value), true);
  // A finite number that becomes infinite is none of this type.
  const stored = bytes === 8 ? value : bytes === 4 ? Math.fround(value) : float16ToNumber(view.getUint16(0, true));
  return Number.isFinite(value) && !Number.isFinite(stored) ? undefined : out;
}

function numberOf(json: JsonValue): number | undefined {
  if (typeof json === 'number') return json;
  if (typeof json === 'bigint') return Number(json);
  return typeof json === 'string' && Object.hasOwn(FLOAT_WORDS, json) ? FLOAT_WORDS[json] : undefined;
}

/** A pair, or as writers of Zarr v2 did it, one real number. */
function complexOf(json: JsonValue, itemBytes: number): Uint8Array | undefined {
  const [real, imaginary] = Array.isArray(json) && json.length === 2 ? json : [json, 0];
  const parts = [floatOf(real, itemBytes / 2), floatOf(imaginary, itemBytes / 2)];
  const out = new Uint8Array(itemBytes);
  for (const [i, part] of parts.entries()) {
    if (part === undefined) return undefined;
    out.set(part, (i * itemBytes) / 2);
  }
  return out;
}

/** Base64, a list of bytes, or the values of a record's fields by name; what is shorter than the element ends in zeros. */
function fixedBytesOf(dtype: DType, json: JsonValue): Uint8Array | undefined {
  const out = new Uint8Array(dtype.itemBytes);
  if (json === 0) return out;
  if (dtype.kind === 'record' && typeof json === 'object' && json !== null && !Array.isArray(json)) {
    return recordOf(dtype.fields ?? [], json as { [name: string]: JsonValue }, out);
  }
  const bytes = bytesOf(json);
  if (bytes === undefined || bytes.length > out.length) return undefined;
  if (dtype.kind !== 'fixed-bytes' && bytes.length !== out.length) return undefined;
  out.set(bytes);
  return out;
}

function recordOf(fields: readonly Field[], values: { [name: string]: JsonValue }, out: Uint8Array) {
  for (const { name, offset, dtype, bigEndian, shape } of fields) {
    const json = values[name];
    if (json === undefined || shape !== undefined) return undefined;
    const value = scalarOf(dtype, json);
    if (value === undefined || typeof value === 'string') return undefined;
    out.set(bigEndian ? reverseWords(value, dtype.wordBytes) : value, offset);
  }
  return out;
}

/** A copy with the bytes of each word in the other order. */
export function reverseWords(bytes: Uint8Array, wordBytes: number): Uint8Array {
  const out = Uint8Array.from(bytes);
  for (let at = 0; at < out.length; at += wordBytes) out.subarray(at, at + wordBytes).reverse();
  return out;
}

/** The bytes of base64 text, or of a list of numbers. */
export function bytesOf(json: JsonValue): Uint8Array | undefined {
  if (Array.isArray(json)) {
    return json.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255) ? Uint8Array.from(json) : undefined;
  }
  if (typeof json !== 'string' || json.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(json)) return undefined;
  return Uint8Array.from(Buffer.from(json, 'base64'));
}

function utf32(text: string, { itemBytes }: DType): Uint8Array | undefined {
  const characters = [...text];
  if (characters.length * 4 > itemBytes) return undefined;
  const view = new DataView(new ArrayBuffer(itemBytes));
  for (const [i, character] of characters.entries()) view.setUint32(i * 4, character.codePointAt(0) ?? 0, true);
  return new Uint8Array(view.buffer);
}

/** Fills memory with copies of an element. */
export function fillWith(target: Uint8Array, element: Uint8Array): void {
  if (element.every((byte) => byte === element[0])) {
    target.fill(element[0] ?? 0);
    return;
  }
  target.set(element.subarray(0, target.length));
  // The part that is filled is doubled until all of it is.
  for (let filled = element.length; filled < target.length; filled *= 2) target.copyWithin(filled, 0, filled);
}

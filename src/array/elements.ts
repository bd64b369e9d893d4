import { isoDate } from './calendar.js';
import type { DType, Field, TimeStep } from './dtype.js';
import { TIME_UNITS } from './dtype.js';
import { float16ToNumber } from './float16.js';
import { reverseWords, type Scalar } from './scalar.js';

/** What an element is in JSON and in text: 64-bit integers are bigints, times are ISO text, complex numbers pairs. */
export type ElementValue = boolean | number | bigint | string | null | readonly ElementValue[] | RecordValue;

export interface RecordValue {
  readonly [field: string]: ElementValue;
}

/** The typed arrays in which elements of fixed length lie. Complex numbers take two elements each. */
export type ElementArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

const NOT_A_TIME = -(2n ** 63n);
const ATTOSECONDS_A_DAY = 86_400n * 10n ** 18n;
const text8 = new TextDecoder();

/**
 * A view of elements in memory, in the type that suits them: half floats as the Uint16Array of their bits, complex numbers
 * interleaved, times as BigInt64Array, booleans, text and raw bytes as bytes. `bytes` must be aligned to the word size.
 */
export function viewElements({ kind, wordBytes }: DType, bytes: Uint8Array): ElementArray {
  const { buffer, byteOffset, byteLength } = bytes;
  const length = byteLength / wordBytes;
  switch (kind) {
    case 'int':
      if (wordBytes === 1) return new Int8Array(buffer, byteOffset, length);
      if (wordBytes === 2) return new Int16Array(buffer, byteOffset, length);
      if (wordBytes === 4) return new Int32Array(buffer, byteOffset, length);
      return new BigInt64Array(buffer, byteOffset, length);
    case 'uint':
      if (wordBytes === 1) return bytes;
      if (wordBytes === 2) return new Uint16Array(buffer, byteOffset, length);
      if (wordBytes === 4) return new Uint32Array(buffer, byteOffset, length);
      return new BigUint64Array(buffer, byteOffset, length);
    case 'float':
    case 'complex':
      if (wordBytes === 2) return new Uint16Array(buffer, byteOffset, length);
      if (wordBytes === 4) return new Float32Array(buffer, byteOffset, length);
      return new Float64Array(buffer, byteOffset, length);
    case 'datetime':
    case 'timedelta':
      return new BigInt64Array(buffer, byteOffset, length);
    default:
      return bytes;
  }
}

/** What a scalar means. */
export function scalarValue(dtype: DType, scalar: Scalar): ElementValue {
  if (typeof scalar === 'string') return scalar;
  if (dtype.kind === 'bytes') return Buffer.from(scalar).toString('base64');
  return elementValue(dtype, scalar, 0);
}

/** What the element means whose bytes begin at `at`; the dtype is one of fixed length. */
export function elementValue(dtype: DType, bytes: Uint8Array, at: number): ElementValue {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, dtype.itemBytes);
  switch (dtype.kind) {
    case 'bool':
      return view.getUint8(0) !== 0;
    case 'int':
    case 'uint':
      return integerAt(view, dtype);
    case 'float':
      return floatAt(view, 0, dtype.itemBytes);
    case 'complex':
      return [floatAt(view, 0, dtype.wordBytes), floatAt(view, dtype.wordBytes, dtype.wordBytes)];
    case 'datetime':
      return timeText(view.getBigInt64(0, true), dtype.time);
    case 'timedelta': {
      const steps = view.getBigInt64(0, true);
      return steps === NOT_A_TIME ? null : steps;
    }
    case 'fixed-text':
      return fixedText(view);
    case 'fixed-bytes':
      return text8.decode(withoutZeros(bytes.subarray(at, at + dtype.itemBytes)));
    case 'record':
      return Object.fromEntries((dtype.fields ?? []).map((field) => [field.name, fieldValue(field, bytes, at)]));
    default:
      return Buffer.from(bytes.subarray(at, at + dtype.itemBytes)).toString('base64');
  }
}

function fieldValue({ offset, dtype, bigEndian, shape = [] }: Field, bytes: Uint8Array, at: number): ElementValue {
  const count = shape.reduce((product, length) => product * length, 1);
  const stored = bytes.subarray(at + offset, at + offset + dtype.itemBytes * count);
  const little = bigEndian ? reverseWords(stored, dtype.wordBytes) : stored;
  const values = Array.from({ length: count }, (_, i) => elementValue(dtype, little, i * dtype.itemBytes));
  return shape.length === 0 ? (values[0] ?? null) : values;
}

function integerAt(view: DataView, { kind, itemBytes }: DType): number | bigint {
  const signed = kind === 'int';
  if (itemBytes === 1) return signed ? view.getInt8(0) : view.getUint8(0);
  if (itemBytes === 2) return signed ? view.getInt16(0, true) : view.getUint16(0, true);
  if (itemBytes === 4) return signed ? view.getInt32(0, true) : view.getUint32(0, true);
  return signed ? view.getBigInt64(0, true) : view.getBigUint64(0, true);
}

function floatAt(view: DataView, at: number, bytes: number): number {
  if (bytes === 2) return float16ToNumber(view.getUint16(at, true));
  return bytes === 4 ? view.getFloat32(at, true) : view.getFloat64(at, true);
}

function fixedText(view: DataView): string {
  let text = '';
  for (let at = 0; at < view.byteLength; at += 4) {
    const code = view.getUint32(at, true);
    text += code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
  }
  return text.replace(/\0+$/, '');
}

function withoutZeros(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return bytes.subarray(0, end);
}

/** ISO text of a datetime64, as numpy prints it; null for "not a time". */
export function timeText(steps: bigint, time: TimeStep | undefined): ElementValue {
  if (steps === NOT_A_TIME) return null;
  const { unit, count } = time ?? { unit: 'generic', count: 1 };
  if (unit === 'generic') return steps;
  const units = steps * BigInt(count);
  if (unit === 'Y' || unit === 'M') {
    const months = unit === 'Y' ? units * 12n : units;
    const year = 1970n + floorDivide(months, 12n);
    const month = Number(months - floorDivide(months, 12n) * 12n) + 1;
    return unit === 'Y' ? String(year) : `${year}-${String(month).padStart(2, '0')}`;
  }
  const attoseconds = units * TIME_UNITS[unit];
  const day = floorDivide(attoseconds, ATTOSECONDS_A_DAY);
  // Beyond the years that a double counts exactly there is no calendar to speak of.
  if (day > 2n ** 50n || day < -(2n ** 50n)) return steps;
  const date = isoDate(Number(day));
  if (unit === 'D' || unit === 'W') return date;
  const seconds = (attoseconds - day * ATTOSECONDS_A_DAY) / 10n ** 18n;
  const clock = new Date(Number(seconds) * 1000).toISOString();
  if (unit === 'h') return `${date}T${clock.slice(11, 13)}`;
  if (unit === 'm') return `${date}T${clock.slice(11, 16)}`;
  const digits = { s: 0, ms: 3, us: 6, ns: 9, ps: 12, fs: 15, as: 18 }[unit];
  const rest = attoseconds - floorDivide(attoseconds, 10n ** 18n) * 10n ** 18n;
  return `${date}T${clock.slice(11, 19)}${digits === 0 ? '' : `.${String(rest).padStart(18, '0').slice(0, digits)}`}`;
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}

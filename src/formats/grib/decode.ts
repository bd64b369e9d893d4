import { assert } from '../../assert.js';
import { gribError } from './fault.js';
import type { GribField } from './field.js';
import { u16 } from './octets.js';
import { isDoubles, unpackDoubles } from './packing/ieee.js';
import { type Packed, SLACK_BYTES, valueCount } from './packing/packed.js';
import { unpackSimpleOne } from './packing/simple1.js';
import { unpackValues } from './packing/unpack.js';
import { pointsOf } from './points.js';

/** Points a field may have by default: 1 GiB of values. */
export const POINTS_MAX = 2 ** 28;

/** Bytes around a field: `bytes[0]` is the file's byte `offset`. */
export interface FieldBytes {
  readonly bytes: Uint8Array;
  readonly offset: number;
}

export interface DecodeOptions {
  /** More points than this are refused. @default POINTS_MAX */
  readonly maxPoints?: number | undefined;
}

/** Grid points of a field, in the order of its message. @throws {LsioError} code `too-many-points`. */
export function pointCount(field: GribField, { maxPoints = POINTS_MAX }: DecodeOptions = {}): number {
  const points = pointsOf(field);
  if (points > maxPoints) {
    throw gribError(
      'too-many-points',
      `the field has ${points} points, the limit is ${maxPoints}`,
      field.message.offset,
      '--max-points',
    );
  }
  return points;
}

/** Values of a field: float64 where its message has numbers of 64 bits. */
export type Floats = Float32Array | Float64Array;

/** True for a field whose values are float64. */
export function hasDoubles({ edition, packing }: GribField): boolean {
  return edition === 2 && isDoubles(packing);
}

/**
 * Decodes a field's values as float32, in the order of its message; missing ones are NaN.
 *
 * @param source the message, or the part of it from the bitmap to four bytes after the data.
 * @param into where the values go. @default new memory
 * @throws {LsioError} kind `format`, whose code says what is wrong with the field.
 */
export function decodeField(
  field: GribField,
  source: FieldBytes,
  options: DecodeOptions = {},
  into?: Float32Array,
): Float32Array {
  const { points, bitmap, present, packed } = partsOf(field, source, options);
  const out = into ?? new Float32Array(points);
  assert(out.length === points, 'the target of a field has its number of points');
  if (field.edition === 2) unpackValues(packed, out);
  else unpackSimpleOne(packed, u16(field.product, 26), out);
  if (bitmap !== undefined) spread(out, present, bitmap, points);
  return out;
}

/** As {@link decodeField}, as float64. */
export function decodeDoubles(
  field: GribField,
  source: FieldBytes,
  options: DecodeOptions = {},
  into?: Float64Array,
): Float64Array {
  const { points, bitmap, present, packed } = partsOf(field, source, options);
  const out = into ?? new Float64Array(points);
  assert(out.length === points, 'the target of a field has its number of points');
  if (!hasDoubles(field)) {
    out.set(decodeField(field, source, options));
    return out;
  }
  unpackDoubles(packed, out);
  if (bitmap !== undefined) spread(out, present, bitmap, points);
  return out;
}

function partsOf(field: GribField, source: FieldBytes, options: DecodeOptions) {
  const points = pointCount(field, options);
  const bitmap = bitmapOf(field, source, points);
  const present = bitmap === undefined ? points : countBits(bitmap, points);
  return { points, bitmap, present, packed: packedOf(field, source, present) };
}

/** The packed values of a field, whose number must agree with its grid and bitmap. */
function packedOf(field: GribField, source: FieldBytes, present: number): Packed {
  const bytes = part(source, field.data.offset, field.data.length + SLACK_BYTES);
  const { length } = field.data;
  if (field.edition === 1) return { header: field.packing, bytes, length, count: present };
  const count = valueCount(field.packing);
  if (count !== present) {
    const what = field.bitmap.kind === 'bits' ? 'the bitmap has' : 'the grid has';
    throw gribError('count', `${what} ${present} points, section 5 says ${count} values`, field.message.offset);
  }
  return { header: field.packing, bytes, length, count };
}

function bitmapOf({ bitmap, message }: GribField, source: FieldBytes, points: number): Uint8Array | undefined {
  if (bitmap.kind === 'none') return undefined;
  if (bitmap.kind === 'unreadable') {
    const what = bitmap.indicator === 254 ? 'no earlier bitmap in the message' : 'a predefined bitmap';
    throw gribError('bitmap', `bitmap indicator ${bitmap.indicator}: ${what}`, message.offset);
  }
  if (bitmap.extent.length * 8 < points) {
    throw gribError('bitmap', `a bitmap of ${bitmap.extent.length} bytes for ${points} points`, bitmap.extent.offset);
  }
  return part(source, bitmap.extent.offset, bitmap.extent.length);
}

function part({ bytes, offset }: FieldBytes, from: number, length: number): Uint8Array {
  const start = from - offset;
  if (start >= 0 && start + length <= bytes.length) return bytes.subarray(start, start + length);
  throw gribError('truncated', `${length} bytes at ${from} are not in what was read`, from);
}

/** Bits set among the first `points`. */
function countBits(bitmap: Uint8Array, points: number): number {
  let count = 0;
  const whole = points >>> 3;
  for (let i = 0; i < whole; i++) count += ONES[bitmap[i]!]!;
  const rest = points & 7;
  if (rest > 0) count += ONES[bitmap[whole]! & (0xff00 >>> rest)]!;
  return count;
}

/** Moves the first `present` values to the points whose bit is set, from the end, and makes the others NaN. */
function spread(out: Floats, present: number, bitmap: Uint8Array, points: number): void {
  let from = present;
  for (let point = points - 1; point >= 0; point--) {
    const isSet = (bitmap[point >>> 3]! >>> (7 - (point & 7))) & 1;
    out[point] = isSet ? out[--from]! : Number.NaN;
  }
}

const ONES = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length);

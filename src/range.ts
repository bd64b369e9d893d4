import { LsioError } from './errors.js';
import { shown } from './printable.js';

/**
 * A part of a file, in bytes. This is the one statement of what a range means; everything that takes one resolves it
 * with {@link resolveRange}.
 *
 * - `{ offset, length }`: that many bytes from `offset` on.
 * - `{ offset }`: from `offset` to the end.
 * - `{ suffixLength }`: the last bytes of the file.
 *
 * Against a file of `size` bytes:
 *
 * - an end past the end of the file is clipped to it;
 * - a suffix longer than the file is the whole file;
 * - an empty range (`length` or `suffixLength` 0) is empty wherever it lies;
 * - any other range that begins at or past the end can't be satisfied: a `range` error (HTTP's 416), except that
 *   `{ offset: 0 }` of an empty file is empty.
 */
export type ByteRange = { readonly offset: number; readonly length?: number } | { readonly suffixLength: number };

/** A range with known bounds, in bytes. */
export interface Extent {
  readonly offset: number;
  readonly length: number;
}

/** The largest offset or length: the kernel's limit is 2^63-1, a JavaScript number is exact up to 2^53-1. */
export const OFFSET_MAX = Number.MAX_SAFE_INTEGER;

/**
 * Refuses a range that no file could satisfy.
 *
 * @throws {LsioError} `usage` when a number is negative, fractional or over {@link OFFSET_MAX}, or the end is; also when
 * the range has both an offset or a length and a suffix length.
 */
export function checkRange(range: ByteRange): void {
  if (typeof range !== 'object' || range === null) throw notARange(range);
  for (const name in range) {
    if (name !== 'offset' && name !== 'length' && name !== 'suffixLength') throw notARange(range);
  }
  if ('suffixLength' in range) {
    if ('offset' in range || 'length' in range) {
      throw new LsioError('usage', 'a range has either offset and length or suffixLength, not both');
    }
    checkBytes(range.suffixLength, 'suffixLength');
    return;
  }
  checkBytes(range.offset, 'offset');
  if (range.length === undefined) return;
  checkBytes(range.length, 'length');
  checkBytes(range.offset + range.length, 'end');
}

/**
 * The bytes that a range means in a file of `size` bytes; the rules are on {@link ByteRange}.
 *
 * @throws {LsioError} `range` when it begins at or past the end, `usage` when {@link checkRange} refuses it.
 */
export function resolveRange(range: ByteRange, size: number): Extent {
  checkRange(range);
  if ('suffixLength' in range) {
    const length = Math.min(range.suffixLength, size);
    return { offset: size - length, length };
  }
  const { offset, length } = range;
  if (length === 0 || (length === undefined && offset === 0)) return { offset, length: length ?? size };
  if (offset >= size) throw pastTheEnd(offset, size);
  return { offset, length: Math.min(length ?? Number.POSITIVE_INFINITY, size - offset) };
}

/** The error for a range that begins at or past the end of the file. Undefined: where that is, is not known. */
export function pastTheEnd(offset: number, size: number | undefined): LsioError {
  const where = size === undefined ? '' : ` (${size} bytes)`;
  return new LsioError('range', `range begins at byte ${offset}, at or past the end${where}`, { offset });
}

function notARange(value: unknown): LsioError {
  return new LsioError('usage', `${shown(value)} is not a range: write { offset, length } or { suffixLength }`);
}

function checkBytes(value: number, name: string): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw new LsioError('usage', `${name} ${shown(value)} is not a whole number of bytes from 0 to 2^53-1`);
}

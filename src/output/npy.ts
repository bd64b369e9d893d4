import { type DType, fixedDType, isVariable } from '../array/dtype.js';
import { numpyDescr } from '../array/numpy-dtype.js';
import type { Scalar } from '../array/scalar.js';
import { LsioError } from '../errors.js';

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** Data begins at a multiple of this, so that it can be mapped. */
const ALIGN_BYTES = 64;
/** The version 1.0 has 2 bytes for the length of its header. */
const HEADER_BYTES_MAX_1 = 0xffff;

/**
 * What stands before the elements in a file of numpy: they follow in row-major order, little-endian.
 *
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export function npyHeader(dtype: DType, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const fields = `{'descr': ${pythonText(numpyDescr(dtype))}, 'fortran_order': False, 'shape': ${tuple}, }`;
  const text = Buffer.from(fields);
  // Version 3.0 is version 2.0 with names in UTF-8.
  const isAscii = text.length === fields.length;
  const isShort = text.length + ALIGN_BYTES <= HEADER_BYTES_MAX_1;
  const version = !isAscii ? 3 : isShort ? 1 : 2;
  const prefix = MAGIC.length + 2 + (version === 1 ? 2 : 4);
  const length = Math.ceil((prefix + text.length + 1) / ALIGN_BYTES) * ALIGN_BYTES;
  const header = Buffer.alloc(length, ' ');
  header.set([...MAGIC, version, 0]);
  if (version === 1) header.writeUInt16LE(length - prefix, MAGIC.length + 2);
  else header.writeUInt32LE(length - prefix, MAGIC.length + 2);
  header.set(text, prefix);
  header[length - 1] = 0x0a;
  return header;
}

/** The literal of Python that a descr is: text, or a list of tuples. */
function pythonText(descr: unknown): string {
  if (Array.isArray(descr)) {
    return `[${descr.map((field: unknown[]) => `(${field.map(fieldText).join(', ')})`).join(', ')}]`;
  }
  return quoted(String(descr));
}

function fieldText(part: unknown, index: number): string {
  // The third is the shape of a field, the second a dtype, which may be a record itself.
  if (index === 2) return `(${(part as number[]).join(', ')},)`;
  return index === 1 ? pythonText(part) : quoted(String(part));
}

function quoted(text: string): string {
  const escaped = text.replace(/['\\\p{Cc}]/gu, (character) => {
    const code = character.charCodeAt(0);
    return code < 32 || code >= 127 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\${character}`;
  });
  return `'${escaped}'`;
}

/**
 * Elements of any length as numpy holds them without pickle: text as U of the longest, bytes as S.
 *
 * @throws {LsioError} `too-large` for more bytes than an array can have.
 */
export function fixedElements(dtype: DType, items: readonly Scalar[]): { dtype: DType; bytes: Uint8Array } {
  if (!isVariable(dtype)) throw new TypeError(`elements of ${dtype.name} have a fixed length already`);
  const isText = dtype.kind === 'string';
  const codes = isText ? items.map((item) => Array.from(item as string, (character) => character.codePointAt(0)!)) : [];
  const parts = isText ? codes : (items as readonly Uint8Array[]);
  // Numpy has no elements without length.
  const length = parts.reduce((longest, part) => Math.max(longest, part.length), 1);
  const fixed = fixedDType(isText ? 'fixed-text' : 'fixed-bytes', length);
  if (fixed.itemBytes * items.length > Number.MAX_SAFE_INTEGER) throw new LsioError('too-large', 'too many elements');
  const bytes = new Uint8Array(fixed.itemBytes * items.length);
  const view = new DataView(bytes.buffer);
  for (const [i, part] of parts.entries()) {
    if (!isText) bytes.set(part, i * length);
    else for (let at = 0; at < part.length; at++) view.setUint32((i * length + at) * 4, part[at]!, true);
  }
  return { dtype: fixed, bytes };
}

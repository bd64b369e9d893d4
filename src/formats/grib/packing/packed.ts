import { gribError } from '../fault.js';
import { f32, s16, u16, u32 } from '../octets.js';

/** Packed values and their header. */
export interface Packed {
  /** Section 5, or GRIB1's section 4 head. */
  readonly header: Uint8Array;
  /** Section 7 without its header, followed by at least {@link SLACK_BYTES} readable bytes. */
  readonly bytes: Uint8Array;
  /** Bytes of `bytes` that are data. */
  readonly length: number;
  /** How many values are packed. */
  readonly count: number;
}

/** Kernels read 32 bits at any bit position. A message always has as many bytes after its data: the end mark. */
export const SLACK_BYTES = 4;

/** The numbers that templates 5.0, 5.2, 5.3, 5.40, 5.41, 5.42 and 5.61 share: value = (R + X · 2^E) · 10^−D. */
export interface Scaling {
  readonly reference: number;
  /** 2^E. */
  readonly binary: number;
  /** 10^−D. */
  readonly decimal: number;
  readonly bits: number;
}

/** @throws {LsioError} code `template` for more than 32 bits a value. */
export function scalingOf(header: Uint8Array): Scaling {
  checkHeader(header, 20);
  const bits = header[19]!;
  if (bits > 32) throw gribError('template', `${bits} bits a value: lsio reads up to 32`);
  return { reference: f32(header, 11), binary: 2 ** s16(header, 15), decimal: 1 / 10 ** s16(header, 17), bits };
}

/** The value of a field without packed values: R as it stands, as ecCodes, g2c and GDAL take it. */
export function fillConstant(out: Float32Array, count: number, value: number): void {
  out.fill(value, 0, count);
}

/** @throws {LsioError} code `section` when section 5 is shorter than its template. */
export function checkHeader(header: Uint8Array, bytes: number): void {
  if (header.length >= bytes) return;
  throw gribError('section', `section 5 has ${header.length} bytes, template 5.${u16(header, 9)} needs ${bytes}`);
}

/** @throws {LsioError} code `data-short` when `bits` bits are more than the data section holds. */
export function checkBits(packed: Packed, bits: number): void {
  if (bits <= packed.length * 8) return;
  const need = Math.ceil(bits / 8);
  throw gribError('data-short', `the data section has ${packed.length} bytes, its values need ${need}`);
}

/** A view whose end includes the slack. */
export function viewOfPacked({ bytes, length }: Packed): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, length + SLACK_BYTES);
}

/** Values that section 5 announces. */
export function valueCount(header: Uint8Array): number {
  return u32(header, 5);
}

import { gribError } from '../fault.js';
import { f32, u16 } from '../octets.js';
import { readBits } from './groups.js';
import { checkBits, checkHeader, type Packed, scalingOf, viewOfPacked } from './packed.js';

const IEEE = 4;
const DOUBLE = 2;

/** True for the header of template 5.4 with numbers of 64 bits: all others lose nothing as float32. */
export function isDoubles(header: Uint8Array): boolean {
  return u16(header, 9) === IEEE && header[11] === DOUBLE;
}

/** Template 5.4: IEEE numbers of 32 or 64 bits; the latter are rounded to 32. */
export function unpackIeee(packed: Packed, out: Float32Array): void {
  checkHeader(packed.header, 12);
  const precision = packed.header[11]!;
  if (precision === DOUBLE) return unpackDoubles(packed, out);
  if (precision !== 1) throw gribError('template', `IEEE precision ${precision}: lsio reads 32 and 64 bits`);
  checkBits(packed, packed.count * 32);
  const view = viewOfPacked(packed);
  for (let i = 0; i < packed.count; i++) out[i] = view.getFloat32(i * 4);
}

/** Template 5.4 with numbers of 64 bits. */
export function unpackDoubles(packed: Packed, out: Float32Array | Float64Array): void {
  checkBits(packed, packed.count * 64);
  const view = viewOfPacked(packed);
  for (let i = 0; i < packed.count; i++) out[i] = view.getFloat64(i * 8);
}

/** Template 5.61: simple packing of ln(value + B). */
export function unpackLogarithm(packed: Packed, out: Float32Array): void {
  checkHeader(packed.header, 24);
  const { reference, binary, decimal, bits } = scalingOf(packed.header);
  const shift = f32(packed.header, 20);
  const { count } = packed;
  checkBits(packed, count * bits);
  const view = viewOfPacked(packed);
  // Eight values fill whole bytes, so bit positions stay small.
  for (let i = 0; i < count; i++) {
    const x = readBits(view, (i & 7) * bits, bits, (i >>> 3) * bits);
    out[i] = Math.exp((x * binary + reference) * decimal) - shift;
  }
}

import { gribError } from '../fault.js';
import { ibm32, s16 } from '../octets.js';
import type { Packed } from './packed.js';
import { unpackScaled } from './simple.js';

/** Flags of octet 4 of GRIB1's data section. */
const SPHERICAL = 0x80;
const COMPLEX = 0x40;
const MORE_FLAGS = 0x10;

/**
 * GRIB1's simple packing.
 *
 * @param decimal octets 27 and 28 of section 1, as they stand.
 * @throws {LsioError} code `template` for second-order packing and spherical harmonics.
 */
export function unpackSimpleOne(packed: Packed, decimal: number, out: Float32Array): void {
  const { header } = packed;
  const flags = header[3]!;
  if (flags & SPHERICAL) throw gribError('template', 'GRIB1 spherical harmonics are not read by lsio');
  if (flags & COMPLEX) throw gribError('template', 'GRIB1 second-order packing is not read by lsio');
  if (flags & MORE_FLAGS && header.length > 13 && header[13]! & 0x40) {
    throw gribError('template', 'GRIB1 matrices of values are not read by lsio');
  }
  const bits = header[10]!;
  if (bits > 32) throw gribError('template', `${bits} bits a value: lsio reads up to 32`);
  const exponent = decimal & 0x8000 ? -(decimal & 0x7fff) : decimal;
  const scaling = { reference: ibm32(header, 6), binary: 2 ** s16(header, 4), decimal: 1 / 10 ** exponent, bits };
  unpackScaled(packed, scaling, out);
}

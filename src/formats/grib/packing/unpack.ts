import { gribError } from '../fault.js';
import { u16 } from '../octets.js';
import { unpackAec } from './aec.js';
import { unpackComplex } from './complex.js';
import { unpackDifferenced } from './differences.js';
import { unpackIeee, unpackLogarithm } from './ieee.js';
import { unpackJpeg2000 } from './jpeg2000.js';
import type { Packed } from './packed.js';
import { unpackPng } from './png.js';
import { unpackRuns } from './runs.js';
import { unpackSimple } from './simple.js';

/** Fills `out` with the `packed.count` values of a section 7; missing ones are NaN. */
export type Unpack = (packed: Packed, out: Float32Array) => void;

/** The packings that lsio reads, by the number of template 5. */
const UNPACK: Readonly<Record<number, Unpack>> = {
  0: unpackSimple,
  2: unpackComplex,
  3: unpackDifferenced,
  4: unpackIeee,
  40: unpackJpeg2000,
  41: unpackPng,
  42: unpackAec,
  61: unpackLogarithm,
  200: unpackRuns,
  40000: unpackJpeg2000,
  40010: unpackPng,
};

/** What templates that lsio does not read are, for the error. */
const REFUSED: Readonly<Record<number, string>> = {
  1: 'matrix of values',
  50: 'spectral data, simple packing',
  51: 'spectral data, complex packing',
  53: 'spectral data of a limited area',
};

/** True when {@link unpackValues} reads the packing of a section 5. */
export function isReadablePacking(header: Uint8Array): boolean {
  return UNPACK[u16(header, 9)] !== undefined;
}

/** @throws {LsioError} whose code says what is wrong; `template` for a packing that lsio does not read. */
export function unpackValues(packed: Packed, out: Float32Array): void {
  const template = u16(packed.header, 9);
  const unpack = UNPACK[template];
  if (unpack === undefined) {
    const what = REFUSED[template];
    throw gribError('template', `packing 5.${template}${what === undefined ? '' : ` (${what})`} is not read by lsio`);
  }
  unpack(packed, out);
}

import { gribError } from '../fault.js';
import { u32 } from '../octets.js';
import { checkHeader, type Packed, type Scaling, scalingOf, viewOfPacked } from './packed.js';

/** Complex packing: values in groups with a reference, a width and a length each. Positions are bits of the data. */
export interface Groups extends Scaling {
  readonly count: number;
  /** 0: none; 1: the largest number of a width is missing; 2: the second largest, too. */
  readonly missing: 0 | 1 | 2;
  readonly groups: number;
  readonly references: number;
  readonly widths: number;
  readonly widthReference: number;
  readonly widthBits: number;
  readonly lengths: number;
  readonly lengthReference: number;
  readonly lengthIncrement: number;
  readonly lengthLast: number;
  readonly lengthBits: number;
  readonly values: number;
}

/** Bit positions are 32-bit here. */
const DATA_BYTES_MAX = 2 ** 29 - 8;
/** Octets of template 5.2. */
export const HEADER_BYTES = 47;

/** The group tables, checked before a value is read; `undefined` for a constant field. */
export function groupsOf(packed: Packed, headBytes: number): Groups | undefined {
  const { header, count } = packed;
  checkHeader(header, HEADER_BYTES);
  const scaling = scalingOf(header);
  const missing = header[22]!;
  const groups = u32(header, 31);
  const widthBits = header[36]!;
  const lengthBits = header[46]!;
  if (groups === 0 || count === 0) return undefined;
  if (missing > 2) throw gribError('template', `missing value management ${missing}: lsio reads 0, 1 and 2`);
  if (groups > count) throw gribError('groups', `${groups} groups for ${count} values`);
  if (widthBits > 32 || lengthBits > 32)
    throw gribError('groups', `${widthBits} and ${lengthBits} bits a width and length`);
  if (packed.length > DATA_BYTES_MAX) throw gribError('groups', `a data section of ${packed.length} bytes is too long`);
  const references = headBytes * 8;
  const widths = references + padded(groups * scaling.bits);
  const lengths = widths + padded(groups * widthBits);
  const values = lengths + padded(groups * lengthBits);
  if (values > packed.length * 8) {
    throw gribError('data-short', `the tables of ${groups} groups need ${values / 8} of ${packed.length} bytes`);
  }
  const result: Groups = {
    ...scaling,
    count,
    missing: missing as 0 | 1 | 2,
    groups,
    references,
    widths,
    widthReference: header[35]!,
    widthBits,
    lengths,
    lengthReference: u32(header, 37),
    lengthIncrement: header[41]!,
    lengthLast: u32(header, 42),
    lengthBits,
    values,
  };
  checkGroups(viewOfPacked(packed), result, packed.length * 8);
  return result;
}

/** Bits a value and the number of values of a group. */
export function groupWidth(view: DataView, groups: Groups, group: number): number {
  return groups.widthReference + readBits(view, groups.widths + group * groups.widthBits, groups.widthBits);
}

export function groupLength(view: DataView, groups: Groups, group: number): number {
  if (group === groups.groups - 1) return groups.lengthLast;
  const coded = readBits(view, groups.lengths + group * groups.lengthBits, groups.lengthBits);
  return groups.lengthReference + coded * groups.lengthIncrement;
}

export function groupReference(view: DataView, groups: Groups, group: number): number {
  return readBits(view, groups.references + group * groups.bits, groups.bits);
}

/** Lengths must sum up to the count, widths fit 32 bits, and all values lie in the data. */
function checkGroups(view: DataView, groups: Groups, bitsMax: number): void {
  let values = 0;
  let bits = groups.values;
  const last = groups.groups - 1;
  for (let group = 0; group <= last; group++) {
    const width = groupWidth(view, groups, group);
    const length = groupLength(view, groups, group);
    if (width > 32) throw gribError('groups', `group ${group} has ${width} bits a value`);
    values += length;
    bits += length * width;
    if (values > groups.count) break;
  }
  if (values !== groups.count) {
    throw gribError('groups', `the groups hold ${values} values or more, section 5 says ${groups.count}`);
  }
  if (bits > bitsMax) throw gribError('data-short', `the groups need ${Math.ceil(bits / 8)} of ${bitsMax / 8} bytes`);
}

/** The smallest number of `width` bits that stands for a missing value. */
export function firstMissing(width: number, missing: 0 | 1 | 2): number {
  return 2 ** width - missing;
}

/** True where a group of width 0 is missing: its reference is all ones, which for 0 bits is 0. */
export function isMissing(x: number, bits: number, missing: 0 | 1 | 2): boolean {
  return x >= firstMissing(bits, missing);
}

/** Up to 32 bits at a bit position below 2^32, counted from `byte`. */
export function readBits(view: DataView, at: number, bits: number, byte = 0): number {
  if (bits === 0) return 0;
  const start = byte + (at >>> 3);
  const shift = at & 7;
  const word = view.getInt32(start) << shift;
  if (bits + shift <= 32) return word >>> (32 - bits);
  return (word | (view.getUint8(start + 4) >>> (8 - shift))) >>> (32 - bits);
}

function padded(bits: number): number {
  return Math.ceil(bits / 8) * 8;
}

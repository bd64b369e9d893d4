import { gribError } from '../fault.js';
import { unpackComplex } from './complex.js';
import {
  firstMissing,
  type Groups,
  groupLength,
  groupReference,
  groupsOf,
  groupWidth,
  HEADER_BYTES,
  isMissing,
  readBits,
} from './groups.js';
import { checkHeader, fillConstant, type Packed, scalingOf, viewOfPacked } from './packed.js';

/** What stands before the group tables: the first values and the number that was taken from all differences. */
interface Start {
  readonly order: number;
  readonly first: number;
  readonly second: number;
  readonly minimum: number;
}

/** Template 5.3: complex packing of first or second differences. Order 0, which ecCodes 2.28 writes, is template 5.2. */
export function unpackDifferenced(packed: Packed, out: Float32Array): void {
  checkHeader(packed.header, HEADER_BYTES + 2);
  const order = packed.header[47]!;
  const octets = packed.header[48]!;
  if (order === 0) return unpackComplex(packed, out);
  if (order > 2) throw gribError('template', `differences of order ${order}: lsio reads 1 and 2`);
  const headBytes = (order + 1) * octets;
  if (octets < 1 || octets > 4) throw gribError('groups', `${octets} octets for each first value`);
  const groups = groupsOf(packed, headBytes);
  if (groups === undefined) return fillConstant(out, packed.count, scalingOf(packed.header).reference);
  const magnitude = unsigned(packed.bytes, order * octets, octets);
  const sign = 2 ** (octets * 8 - 1);
  const start: Start = {
    order,
    first: unsigned(packed.bytes, 0, octets),
    second: order === 2 ? unsigned(packed.bytes, octets, octets) : 0,
    minimum: magnitude >= sign ? sign - magnitude : magnitude,
  };
  const view = viewOfPacked(packed);
  if (groups.missing !== 0) unpackPresent(view, groups, start, out);
  else if (order === 1) unpackFirst(view, groups, start, out);
  else unpackSecond(view, groups, start, out);
}

/** First differences, every value present. */
function unpackFirst(view: DataView, groups: Groups, { first, minimum }: Start, out: Float32Array): void {
  const { reference, binary, decimal } = groups;
  let at = groups.values;
  let last = first - minimum;
  for (let group = 0, i = 0; group < groups.groups; group++) {
    const base = groupReference(view, groups, group) + minimum;
    const width = groupWidth(view, groups, group);
    const end = i + groupLength(view, groups, group);
    if (i === 0 && end > 0) {
      last = first;
      out[i++] = (first * binary + reference) * decimal;
      at += width;
    }
    if (width === 0) {
      for (; i < end; i++) {
        last += base;
        out[i] = (last * binary + reference) * decimal;
      }
    } else if (width <= 25) {
      const drop = 32 - width;
      for (; i < end; i++, at += width) {
        last += ((view.getInt32(at >>> 3) << (at & 7)) >>> drop) + base;
        out[i] = (last * binary + reference) * decimal;
      }
    } else {
      for (; i < end; i++, at += width) {
        last += readBits(view, at, width) + base;
        out[i] = (last * binary + reference) * decimal;
      }
    }
  }
}

/** Second differences, every value present. */
function unpackSecond(view: DataView, groups: Groups, { first, second, minimum }: Start, out: Float32Array): void {
  const { reference, binary, decimal } = groups;
  let at = groups.values;
  let last = second;
  let step = second - first;
  for (let group = 0, i = 0; group < groups.groups; group++) {
    const base = groupReference(view, groups, group) + minimum;
    const width = groupWidth(view, groups, group);
    const end = i + groupLength(view, groups, group);
    for (; i < 2 && i < end; i++, at += width) out[i] = ((i === 0 ? first : second) * binary + reference) * decimal;
    if (width === 0) {
      for (; i < end; i++) {
        step += base;
        last += step;
        out[i] = (last * binary + reference) * decimal;
      }
    } else if (width <= 25) {
      const drop = 32 - width;
      for (; i < end; i++, at += width) {
        step += ((view.getInt32(at >>> 3) << (at & 7)) >>> drop) + base;
        last += step;
        out[i] = (last * binary + reference) * decimal;
      }
    } else {
      for (; i < end; i++, at += width) {
        step += readBits(view, at, width) + base;
        last += step;
        out[i] = (last * binary + reference) * decimal;
      }
    }
  }
}

/** Either order, with missing values: differences run over the present ones. */
function unpackPresent(view: DataView, groups: Groups, start: Start, out: Float32Array): void {
  const { reference, binary, decimal, bits, missing } = groups;
  const { order, first, second, minimum } = start;
  let at = groups.values;
  let last = first;
  let step = 0;
  let present = 0;
  for (let group = 0, i = 0; group < groups.groups; group++) {
    const base = groupReference(view, groups, group);
    const width = groupWidth(view, groups, group);
    const end = i + groupLength(view, groups, group);
    const absent = width === 0 && isMissing(base, bits, missing);
    const least = width === 0 ? 1 : firstMissing(width, missing);
    for (; i < end; i++, at += width) {
      const x = readBits(view, at, width);
      if (absent || x >= least) {
        out[i] = Number.NaN;
        continue;
      }
      if (present < order) {
        step = present === 0 ? 0 : second - first;
        last = present === 0 ? first : second;
        present++;
      } else if (order === 1) {
        last += x + base + minimum;
      } else {
        step += x + base + minimum;
        last += step;
      }
      out[i] = (last * binary + reference) * decimal;
    }
  }
}

function unsigned(bytes: Uint8Array, at: number, octets: number): number {
  let value = 0;
  for (let i = 0; i < octets; i++) value = value * 256 + bytes[at + i]!;
  return value;
}

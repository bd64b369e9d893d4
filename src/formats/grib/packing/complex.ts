import {
  firstMissing,
  type Groups,
  groupLength,
  groupReference,
  groupsOf,
  groupWidth,
  isMissing,
  readBits,
} from './groups.js';
import { fillConstant, type Packed, scalingOf, viewOfPacked } from './packed.js';

/** Template 5.2. @throws {LsioError} codes `template`, `section`, `groups`, `data-short`. */
export function unpackComplex(packed: Packed, out: Float32Array): void {
  const groups = groupsOf(packed, 0);
  if (groups === undefined) return fillConstant(out, packed.count, scalingOf(packed.header).reference);
  if (groups.missing === 0) unpackAll(viewOfPacked(packed), groups, out);
  else unpackPresent(viewOfPacked(packed), groups, out);
}

function unpackAll(view: DataView, groups: Groups, out: Float32Array): void {
  const { reference, binary, decimal } = groups;
  let at = groups.values;
  let i = 0;
  for (let group = 0; group < groups.groups; group++) {
    const base = groupReference(view, groups, group);
    const width = groupWidth(view, groups, group);
    const end = i + groupLength(view, groups, group);
    if (width === 0) {
      const value = (base * binary + reference) * decimal;
      for (; i < end; i++) out[i] = value;
    } else if (width <= 25) {
      const drop = 32 - width;
      for (; i < end; i++, at += width) {
        const x = ((view.getInt32(at >>> 3) << (at & 7)) >>> drop) + base;
        out[i] = (x * binary + reference) * decimal;
      }
    } else {
      for (; i < end; i++, at += width) out[i] = ((readBits(view, at, width) + base) * binary + reference) * decimal;
    }
  }
}

/** The same, where numbers stand for missing values: of a group's width, or of the references' where it is 0. */
function unpackPresent(view: DataView, groups: Groups, out: Float32Array): void {
  const { reference, binary, decimal, bits, missing } = groups;
  let at = groups.values;
  let i = 0;
  for (let group = 0; group < groups.groups; group++) {
    const base = groupReference(view, groups, group);
    const width = groupWidth(view, groups, group);
    const end = i + groupLength(view, groups, group);
    if (width === 0) {
      const value = isMissing(base, bits, missing) ? Number.NaN : (base * binary + reference) * decimal;
      for (; i < end; i++) out[i] = value;
    } else {
      const least = firstMissing(width, missing);
      for (; i < end; i++, at += width) {
        const x = readBits(view, at, width);
        out[i] = x >= least ? Number.NaN : ((x + base) * binary + reference) * decimal;
      }
    }
  }
}

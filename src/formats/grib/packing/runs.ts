import { gribError } from '../fault.js';
import { u16 } from '../octets.js';
import { readBits } from './groups.js';
import { checkHeader, type Packed, viewOfPacked } from './packed.js';

/**
 * Template 5.200 of JMA: levels and how often each is repeated. A number up to the largest level begins a run, larger
 * ones are digits of its length. Level 0 is missing.
 */
export function unpackRuns(packed: Packed, out: Float32Array): void {
  const { header, count } = packed;
  checkHeader(header, 17);
  const bits = header[11]!;
  const levelMax = u16(header, 12);
  const levels = levelTable(header);
  const base = 2 ** bits - 1 - levelMax;
  if (bits < 1 || bits > 16 || base < 1) throw gribError('template', `runs of ${bits} bits with ${levelMax} levels`);
  if (packed.length >= 2 ** 29) throw gribError('data-short', `a data section of ${packed.length} bytes is too long`);
  const numbers = Math.floor((packed.length * 8) / bits);
  const view = viewOfPacked(packed);
  let filled = 0;
  for (let i = 0; i < numbers && filled < count; ) {
    const level = readBits(view, i++ * bits, bits);
    if (level > levelMax)
      throw gribError('groups', `a run of values begins with ${level}, the largest level is ${levelMax}`);
    let length = 1;
    for (let factor = 1; i < numbers; i++, factor *= base) {
      const digit = readBits(view, i * bits, bits);
      if (digit <= levelMax) break;
      length += (digit - levelMax - 1) * factor;
    }
    if (!(filled + length <= count)) throw gribError('groups', `the runs hold more than ${count} values`);
    out.fill(levels[level] ?? Number.NaN, filled, filled + length);
    filled += length;
  }
  if (filled < count) throw gribError('data-short', `the runs hold ${filled} of ${count} values`);
}

/** The value of each level; level 0 has none. */
function levelTable(header: Uint8Array): number[] {
  const decimal = 10 ** -signed8(header[16]!);
  const levels = [Number.NaN];
  for (let i = 1; i <= u16(header, 14) && 15 + 2 * i + 2 <= header.length; i++) {
    levels.push(u16(header, 15 + 2 * i) * decimal);
  }
  return levels;
}

function signed8(byte: number): number {
  return byte & 0x80 ? -(byte & 0x7f) : byte;
}

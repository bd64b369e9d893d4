import { gribError } from '../fault.js';
import { u16 } from '../octets.js';
import { AecBlocks } from './aec-blocks.js';
import { checkHeader, fillConstant, type Packed, scalingOf, viewOfPacked } from './packed.js';

/** Bit positions are 32-bit. */
const DATA_BYTES_MAX = 2 ** 28 - 8;

/** Template 5.42: CCSDS 121.0-B. @throws {LsioError} codes `template`, `section`, `aec`. */
export function unpackAec(packed: Packed, out: Float32Array): void {
  const { header, count } = packed;
  checkHeader(header, 25);
  const scaling = scalingOf(header);
  const { bits } = scaling;
  if (bits === 0) return fillConstant(out, count, scaling.reference);
  if (packed.length > DATA_BYTES_MAX) throw gribError('aec', `a data section of ${packed.length} bytes is too long`);
  const options = { bits, flags: header[21]!, block: header[22]!, interval: u16(header, 23) };
  const blocks = new AecBlocks(viewOfPacked(packed), packed.length, options);
  const { reference, binary, decimal } = scaling;
  const { samples } = blocks;
  if (!blocks.preprocessed) {
    for (let i = 0; i < count; ) {
      blocks.next();
      const end = Math.min(i + samples.length, count);
      for (let j = 0; i < end; i++, j++) out[i] = ((samples[j]! >>> 0) * binary + reference) * decimal;
    }
    return;
  }
  if (bits > 30) return unpackLarge(blocks, bits, packed, out);
  const max = 2 ** bits - 1;
  let last = 0;
  for (let i = 0; i < count; ) {
    blocks.next();
    const end = Math.min(i + samples.length, count);
    let j = 0;
    if (blocks.startsInterval) {
      last = samples[j++]!;
      out[i++] = (last * binary + reference) * decimal;
    }
    for (; i < end; i++, j++) {
      const mapped = samples[j]!;
      // The room to the nearer bound is coded by turns to either side, the rest to the one side left.
      const room = last << 1 <= max ? last : max - last;
      if ((mapped + 1) >>> 1 <= room) last += (mapped >>> 1) ^ -(mapped & 1);
      else last = last << 1 <= max ? mapped : max - mapped;
      out[i] = (last * binary + reference) * decimal;
    }
  }
}

/** The same for samples that need more than 30 bits. */
function unpackLarge(blocks: AecBlocks, bits: number, packed: Packed, out: Float32Array): void {
  const { reference, binary, decimal } = scalingOf(packed.header);
  const { samples } = blocks;
  const max = 2 ** bits - 1;
  const half = 2 ** (bits - 1);
  let last = 0;
  for (let i = 0; i < packed.count; ) {
    blocks.next();
    for (let j = 0; j < samples.length && i < packed.count; j++, i++) {
      const mapped = samples[j]! >>> 0;
      if (blocks.startsInterval && j === 0) {
        last = mapped;
      } else {
        const room = last < half ? last : max - last;
        if (Math.ceil(mapped / 2) <= room) last += mapped % 2 === 0 ? mapped / 2 : -(mapped + 1) / 2;
        else last = last < half ? mapped : max - mapped;
      }
      out[i] = (last * binary + reference) * decimal;
    }
  }
}

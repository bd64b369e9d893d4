import { gribError } from '../fault.js';
import { u16 } from '../octets.js';
import { AecBlocks } from './aec-blocks.js';
import { checkHeader, fillConstant, type Packed, type Scaling, scalingOf, viewOfPacked } from './packed.js';

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
  if (bits > 25) return unpackLarge(blocks, bits, packed, out);
  unpackUsual(blocks, viewOfPacked(packed), packed, scaling, out);
}

/** Preprocessed samples of up to 25 bits: differences are undone while the low bits are read. */
function unpackUsual(blocks: AecBlocks, view: DataView, packed: Packed, scaling: Scaling, out: Float32Array): void {
  const { reference, binary, decimal } = scaling;
  const { samples } = blocks;
  const { count } = packed;
  // As integers: with doubles all of the loop would compute in doubles.
  const max = (2 ** scaling.bits - 1) | 0;
  const half = (2 ** (scaling.bits - 1)) | 0;
  let last = 0;
  for (let i = 0; i < count; ) {
    blocks.nextHigh();
    const end = Math.min(i + samples.length, count);
    let j = 0;
    if (blocks.startsInterval) {
      last = samples[j++]!;
      out[i++] = (last * binary + reference) * decimal;
    }
    if (blocks.isZero) {
      out.fill((last * binary + reference) * decimal, i, end);
      i = end;
      continue;
    }
    const low = blocks.lowBits | 0;
    // A shift by 32 is one by 0: without low bits the word is shifted out in two steps.
    const drop = low === 0 ? 31 : 32 - low;
    const rest = low === 0 ? 1 : 0;
    let at = blocks.lowAt | 0;
    for (; i < end; i++, j++, at += low) {
      const mapped = samples[j]! | (((view.getInt32(at >>> 3) << (at & 7)) >>> drop) >>> rest);
      // The room to the nearer bound is coded to either side in turn, the rest to the one side left.
      const isLower = last < half;
      const room = isLower ? last : (max - last) | 0;
      if ((mapped + 1) >> 1 <= room) last = (last + ((mapped >> 1) ^ (0 - (mapped & 1)))) | 0;
      else last = isLower ? mapped : (max - mapped) | 0;
      out[i] = (last * binary + reference) * decimal;
    }
  }
}

/** The same for samples that need more than 25 bits. */
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

import { checkBits, fillConstant, type Packed, type Scaling, scalingOf, viewOfPacked } from './packed.js';

/** Bit positions are 32-bit: longer data is taken in blocks of this many values, which end at a byte. */
const BLOCK_VALUES = 1 << 24;

/** Template 5.0: values of equal width. @throws {LsioError} codes `template`, `section`, `data-short`. */
export function unpackSimple(packed: Packed, out: Float32Array): void {
  unpackScaled(packed, scalingOf(packed.header), out);
}

/** Unpacks values of equal width with a scaling that is already known. */
export function unpackScaled(packed: Packed, scaling: Scaling, out: Float32Array): void {
  const { count } = packed;
  if (scaling.bits === 0) return fillConstant(out, count, scaling.reference);
  checkBits(packed, count * scaling.bits);
  const view = viewOfPacked(packed);
  if (scaling.bits === 8) return unpack8(packed.bytes, count, scaling, out);
  if (scaling.bits === 16) return unpack16(view, count, scaling, out);
  for (let from = 0; from < count; from += BLOCK_VALUES) {
    const to = Math.min(from + BLOCK_VALUES, count);
    const byte = (from / 8) * scaling.bits;
    if (scaling.bits <= 25) unpackNarrow(view, byte, from, to, scaling, out);
    else unpackWide(view, byte, from, to, scaling, out);
  }
}

function unpack8(bytes: Uint8Array, count: number, scaling: Scaling, out: Float32Array): void {
  const { reference, binary, decimal } = scaling;
  for (let i = 0; i < count; i++) out[i] = (bytes[i]! * binary + reference) * decimal;
}

function unpack16(view: DataView, count: number, scaling: Scaling, out: Float32Array): void {
  const { reference, binary, decimal } = scaling;
  for (let i = 0; i < count; i++) out[i] = (view.getUint16(i * 2) * binary + reference) * decimal;
}

/** Up to 25 bits: with up to 7 bits before it, a value lies in one 32-bit word. */
function unpackNarrow(
  view: DataView,
  byte: number,
  from: number,
  to: number,
  scaling: Scaling,
  out: Float32Array,
): void {
  const { reference, binary, decimal, bits } = scaling;
  const drop = 32 - bits;
  for (let i = from, at = 0; i < to; i++, at += bits) {
    const x = (view.getInt32(byte + (at >>> 3)) << (at & 7)) >>> drop;
    out[i] = (x * binary + reference) * decimal;
  }
}

/** 26 to 32 bits: the word and up to seven bits of the byte after it. */
function unpackWide(view: DataView, byte: number, from: number, to: number, scaling: Scaling, out: Float32Array): void {
  const { reference, binary, decimal, bits } = scaling;
  const drop = 32 - bits;
  for (let i = from, at = 0; i < to; i++, at += bits) {
    const start = byte + (at >>> 3);
    const shift = at & 7;
    const word = (view.getInt32(start) << shift) | (view.getUint8(start + 4) >>> (8 - shift));
    out[i] = ((word >>> drop) * binary + reference) * decimal;
  }
}

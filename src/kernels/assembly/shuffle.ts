// Inverses of the byte and bit shuffles of blosc and HDF5, and byte swaps.

/** Plane k of the source holds byte k of every element. */
export function unshuffle(target: usize, source: usize, count: u32, elementBytes: u32): void {
  let done: u32 = 0;
  if (elementBytes === 2) done = unshuffle2(target, source, count);
  else if (elementBytes === 4) done = unshuffle4(target, source, count);
  else if (elementBytes === 8) done = unshuffle8(target, source, count);
  for (let byte: u32 = 0; byte < elementBytes; byte++) {
    let to = target + done * elementBytes + byte;
    const plane = source + byte * count;
    for (let i = done; i < count; i++) {
      store<u8>(to, load<u8>(plane + i));
      to += elementBytes;
    }
  }
}

function unshuffle2(target: usize, source: usize, count: u32): u32 {
  const blocks = count & ~15;
  for (let i: u32 = 0; i < blocks; i += 16) {
    const a = v128.load(source + i);
    const b = v128.load(source + count + i);
    const to = target + i * 2;
    v128.store(to, zipLow8(a, b));
    v128.store(to + 16, zipHigh8(a, b));
  }
  return blocks;
}

function unshuffle4(target: usize, source: usize, count: u32): u32 {
  const blocks = count & ~15;
  for (let i: u32 = 0; i < blocks; i += 16) {
    const a = v128.load(source + i);
    const b = v128.load(source + count + i);
    const c = v128.load(source + 2 * count + i);
    const d = v128.load(source + 3 * count + i);
    const abLow = zipLow8(a, b);
    const abHigh = zipHigh8(a, b);
    const cdLow = zipLow8(c, d);
    const cdHigh = zipHigh8(c, d);
    const to = target + i * 4;
    v128.store(to, zipLow16(abLow, cdLow));
    v128.store(to + 16, zipHigh16(abLow, cdLow));
    v128.store(to + 32, zipLow16(abHigh, cdHigh));
    v128.store(to + 48, zipHigh16(abHigh, cdHigh));
  }
  return blocks;
}

function unshuffle8(target: usize, source: usize, count: u32): u32 {
  const blocks = count & ~15;
  for (let i: u32 = 0; i < blocks; i += 16) {
    const a = v128.load(source + i);
    const b = v128.load(source + count + i);
    const c = v128.load(source + 2 * count + i);
    const d = v128.load(source + 3 * count + i);
    const e = v128.load(source + 4 * count + i);
    const f = v128.load(source + 5 * count + i);
    const g = v128.load(source + 6 * count + i);
    const h = v128.load(source + 7 * count + i);
    const to = target + i * 8;
    store8(to, zipLow8(a, b), zipLow8(c, d), zipLow8(e, f), zipLow8(g, h));
    store8(to + 64, zipHigh8(a, b), zipHigh8(c, d), zipHigh8(e, f), zipHigh8(g, h));
  }
  return blocks;
}

/** Stores eight elements of eight bytes from their bytes in pairs. */
function store8(to: usize, ab: v128, cd: v128, ef: v128, gh: v128): void {
  const abcdLow = zipLow16(ab, cd);
  const abcdHigh = zipHigh16(ab, cd);
  const efghLow = zipLow16(ef, gh);
  const efghHigh = zipHigh16(ef, gh);
  v128.store(to, zipLow32(abcdLow, efghLow));
  v128.store(to + 16, zipHigh32(abcdLow, efghLow));
  v128.store(to + 32, zipLow32(abcdHigh, efghHigh));
  v128.store(to + 48, zipHigh32(abcdHigh, efghHigh));
}

function zipLow8(a: v128, b: v128): v128 {
  return v128.shuffle<i8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

function zipHigh8(a: v128, b: v128): v128 {
  return v128.shuffle<i8>(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

function zipLow16(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

function zipHigh16(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

function zipLow32(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 4, 1, 5);
}

function zipHigh32(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 2, 6, 3, 7);
}

export function bitUnshuffle(target: usize, source: usize, scratch: usize, count: u32, elementBytes: u32): void {
  const rowBytes = count >> 3;
  const planes = elementBytes === 1 ? target : scratch;
  for (let byte: u32 = 0; byte < elementBytes; byte++) {
    bitPlanesToBytes(planes + byte * count, source + byte * 8 * rowBytes, rowBytes);
  }
  if (elementBytes > 1) unshuffle(target, scratch, count, elementBytes);
}

/** Eight rows of bits, one a bit of the byte, to bytes: a transposition of 8 × 8 bits a column of bytes. */
function bitPlanesToBytes(target: usize, source: usize, rowBytes: u32): void {
  let column: u32 = 0;
  for (const blocks = rowBytes & ~15; column < blocks; column += 16) {
    const at = source + column;
    const r0 = v128.load(at);
    const r1 = v128.load(at + rowBytes);
    const r2 = v128.load(at + 2 * rowBytes);
    const r3 = v128.load(at + 3 * rowBytes);
    const r4 = v128.load(at + 4 * rowBytes);
    const r5 = v128.load(at + 5 * rowBytes);
    const r6 = v128.load(at + 6 * rowBytes);
    const r7 = v128.load(at + 7 * rowBytes);
    const to = target + column * 8;
    storeColumns(to, zipLow8(r0, r1), zipLow8(r2, r3), zipLow8(r4, r5), zipLow8(r6, r7));
    storeColumns(to + 64, zipHigh8(r0, r1), zipHigh8(r2, r3), zipHigh8(r4, r5), zipHigh8(r6, r7));
  }
  for (; column < rowBytes; column++) {
    let bits: u64 = 0;
    for (let row: u32 = 0; row < 8; row++) {
      bits |= (<u64>load<u8>(source + row * rowBytes + column)) << (8 * row);
    }
    store<u64>(target + column * 8, transposeBits(bits));
  }
}

/** Stores eight columns of eight bytes, each with its bits transposed. */
function storeColumns(to: usize, ab: v128, cd: v128, ef: v128, gh: v128): void {
  const abcdLow = zipLow16(ab, cd);
  const abcdHigh = zipHigh16(ab, cd);
  const efghLow = zipLow16(ef, gh);
  const efghHigh = zipHigh16(ef, gh);
  v128.store(to, transposeBits2(zipLow32(abcdLow, efghLow)));
  v128.store(to + 16, transposeBits2(zipHigh32(abcdLow, efghLow)));
  v128.store(to + 32, transposeBits2(zipLow32(abcdHigh, efghHigh)));
  v128.store(to + 48, transposeBits2(zipHigh32(abcdHigh, efghHigh)));
}

/** Transposes 8 × 8 bits (Hacker's Delight, section 7-3). */
function transposeBits(bits: u64): u64 {
  let swap = (bits ^ (bits >> 7)) & 0x00aa00aa00aa00aa;
  bits ^= swap ^ (swap << 7);
  swap = (bits ^ (bits >> 14)) & 0x0000cccc0000cccc;
  bits ^= swap ^ (swap << 14);
  swap = (bits ^ (bits >> 28)) & 0x00000000f0f0f0f0;
  return bits ^ swap ^ (swap << 28);
}

/** The same in both halves. */
function transposeBits2(bits: v128): v128 {
  bits = swapBits(bits, 7, i64x2.splat(0x00aa00aa00aa00aa));
  bits = swapBits(bits, 14, i64x2.splat(0x0000cccc0000cccc));
  return swapBits(bits, 28, i64x2.splat(0x00000000f0f0f0f0));
}

function swapBits(bits: v128, by: i32, mask: v128): v128 {
  const swap = v128.and(v128.xor(bits, i64x2.shr_u(bits, by)), mask);
  return v128.xor(bits, v128.xor(swap, i64x2.shl(swap, by)));
}

export function byteSwap(target: usize, source: usize, count: u32, elementBytes: u32): void {
  if (elementBytes === 2) byteSwap2(target, source, count);
  else if (elementBytes === 4) byteSwap4(target, source, count);
  else if (elementBytes === 8) byteSwap8(target, source, count);
  else memory.copy(target, source, count * elementBytes);
}

function byteSwap2(target: usize, source: usize, count: u32): void {
  let i: u32 = 0;
  const bytes = count * 2;
  for (const blocks = bytes & ~15; i < blocks; i += 16) {
    const x = v128.load(source + i);
    v128.store(target + i, v128.shuffle<i8>(x, x, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14));
  }
  for (; i < bytes; i += 2) store<u16>(target + i, bswap<u16>(load<u16>(source + i)));
}

function byteSwap4(target: usize, source: usize, count: u32): void {
  let i: u32 = 0;
  const bytes = count * 4;
  for (const blocks = bytes & ~15; i < blocks; i += 16) {
    const x = v128.load(source + i);
    v128.store(target + i, v128.shuffle<i8>(x, x, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
  }
  for (; i < bytes; i += 4) store<u32>(target + i, bswap<u32>(load<u32>(source + i)));
}

function byteSwap8(target: usize, source: usize, count: u32): void {
  let i: u32 = 0;
  const bytes = count * 8;
  for (const blocks = bytes & ~15; i < blocks; i += 16) {
    const x = v128.load(source + i);
    v128.store(target + i, v128.shuffle<i8>(x, x, 7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8));
  }
  for (; i < bytes; i += 8) store<u64>(target + i, bswap<u64>(load<u64>(source + i)));
}

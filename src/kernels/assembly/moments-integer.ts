// Exact count, sum, sum of squares, minimum and maximum of integers, those equal to the fill skipped.
// Unsigned types of 16 bits and more are moved to the signed range by flipping the top bit ("biased").
// Output, nine int64 words: count, minimum and maximum (biased), Σ low and Σ high 32 bits of x (biased),
// and four sums of the 32-bit limbs of x² (biased), lowest first. Callers put them together in wide integers.

/** So many rounds fit in 16 and 32 bits: a round adds at most 2^16 to a lane of the sum. */
const ROUNDS: u32 = 16384;

function isBiased<T extends number>(): bool {
  return !isSigned<T>() && sizeof<T>() > 1;
}

/** Eight elements as int16. */
function load16<T extends number>(at: usize): v128 {
  if (sizeof<T>() === 1) return v128.load_ext<T>(at);
  const x = v128.load(at);
  return isBiased<T>() ? v128.xor(x, i16x8.splat(-0x8000)) : x;
}

function scalar<T extends number>(at: usize): i64 {
  const x = <i64>load<T>(at);
  if (sizeof<T>() === 8) return isSigned<T>() ? x : x ^ i64.MIN_VALUE;
  return isBiased<T>() ? x - (sizeof<T>() === 2 ? 0x8000 : 0x80000000) : x;
}

function moments16<T extends number>(source: usize, count: u32, hasFill: bool, biasedFill: i64, out: usize): void {
  clear(out);
  const fill = i16x8.splat(<i16>biasedFill);
  const all = i16x8.splat(hasFill ? 0 : -1);
  let low = i16x8.splat(0x7fff);
  let high = i16x8.splat(-0x8000);
  let squares = i64x2.splat(0);
  let sum: i64 = 0;
  let valid: i64 = 0;
  const step: usize = 8 * sizeof<T>();
  let at = source;
  const end = source + (count & ~7) * sizeof<T>();
  while (at < end) {
    let counts = i16x8.splat(0);
    let sums = i32x4.splat(0);
    const remaining: usize = (end - at) / step;
    const stop = at + (remaining < ROUNDS ? remaining : ROUNDS) * step;
    for (; at < stop; at += step) {
      const x = load16<T>(at);
      const mask = v128.or(i16x8.ne(x, fill), all);
      const v = v128.and(x, mask);
      counts = i16x8.sub(counts, mask);
      low = i16x8.min_s(low, v128.bitselect(x, low, mask));
      high = i16x8.max_s(high, v128.bitselect(x, high, mask));
      sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_s(v));
      // Two squares of −32,768 give 2^31: right as an unsigned number.
      const pairs = i32x4.dot_i16x8_s(v, v);
      squares = i64x2.add(squares, i64x2.extend_low_i32x4_u(pairs));
      squares = i64x2.add(squares, i64x2.extend_high_i32x4_u(pairs));
    }
    sum += add4(sums);
    valid += add4(i32x4.extadd_pairwise_i16x8_u(counts));
  }
  let lowest = <i64>i16x8.extract_lane_s(low, 0);
  let highest = <i64>i16x8.extract_lane_s(high, 0);
  for (let i = 0; i < 8; i++) {
    lowest = min<i64>(lowest, lane16(low, i));
    highest = max<i64>(highest, lane16(high, i));
  }
  store<i64>(out, valid);
  store<i64>(out + 8, lowest);
  store<i64>(out + 16, highest);
  store<i64>(out + 24, sum);
  store<i64>(out + 40, i64x2.extract_lane(squares, 0) + i64x2.extract_lane(squares, 1));
  rest<T>(source, count & ~7, count, hasFill, biasedFill, out);
}

function moments32<T extends number>(source: usize, count: u32, hasFill: bool, biasedFill: i64, out: usize): void {
  clear(out);
  const fill = i32x4.splat(<i32>biasedFill);
  const all = i32x4.splat(hasFill ? 0 : -1);
  const bias = i32x4.splat(isBiased<T>() ? i32.MIN_VALUE : 0);
  const limb = i64x2.splat(0xffffffff);
  let low = i32x4.splat(i32.MAX_VALUE);
  let high = i32x4.splat(i32.MIN_VALUE);
  let counts = i32x4.splat(0);
  let sums = i64x2.splat(0);
  let limbs0 = i64x2.splat(0);
  let limbs1 = i64x2.splat(0);
  const end = source + (count & ~3) * 4;
  for (let at = source; at < end; at += 16) {
    const x = v128.xor(v128.load(at), bias);
    const mask = v128.or(i32x4.ne(x, fill), all);
    const v = v128.and(x, mask);
    counts = i32x4.sub(counts, mask);
    low = i32x4.min_s(low, v128.bitselect(x, low, mask));
    high = i32x4.max_s(high, v128.bitselect(x, high, mask));
    sums = i64x2.add(sums, i64x2.add(i64x2.extend_low_i32x4_s(v), i64x2.extend_high_i32x4_s(v)));
    const a = i64x2.extmul_low_i32x4_s(v, v);
    const b = i64x2.extmul_high_i32x4_s(v, v);
    limbs0 = i64x2.add(limbs0, i64x2.add(v128.and(a, limb), v128.and(b, limb)));
    limbs1 = i64x2.add(limbs1, i64x2.add(i64x2.shr_u(a, 32), i64x2.shr_u(b, 32)));
  }
  store<i64>(out, add4(counts));
  store<i64>(out + 8, <i64>min(min(lane32(low, 0), lane32(low, 1)), min(lane32(low, 2), lane32(low, 3))));
  store<i64>(out + 16, <i64>max(max(lane32(high, 0), lane32(high, 1)), max(lane32(high, 2), lane32(high, 3))));
  store<i64>(out + 24, i64x2.extract_lane(sums, 0) + i64x2.extract_lane(sums, 1));
  store<i64>(out + 40, i64x2.extract_lane(limbs0, 0) + i64x2.extract_lane(limbs0, 1));
  store<i64>(out + 48, i64x2.extract_lane(limbs1, 0) + i64x2.extract_lane(limbs1, 1));
  rest<T>(source, count & ~3, count, hasFill, biasedFill, out);
}

function moments64<T extends number>(source: usize, count: u32, hasFill: bool, biasedFill: i64, out: usize): void {
  clear(out);
  store<i64>(out + 8, i64.MAX_VALUE);
  store<i64>(out + 16, i64.MIN_VALUE);
  rest<T>(source, 0, count, hasFill, biasedFill, out);
}

/** Adds the elements from `first` on, one by one. */
function rest<T extends number>(
  source: usize,
  first: u32,
  count: u32,
  hasFill: bool,
  biasedFill: i64,
  out: usize,
): void {
  let valid = load<i64>(out);
  let lowest = load<i64>(out + 8);
  let highest = load<i64>(out + 16);
  let sumLow = load<i64>(out + 24);
  let sumHigh = load<i64>(out + 32);
  let limb0 = load<u64>(out + 40);
  let limb1 = load<u64>(out + 48);
  let limb2 = load<u64>(out + 56);
  let limb3 = load<u64>(out + 64);
  for (let i = first; i < count; i++) {
    const x = scalar<T>(source + i * sizeof<T>());
    if (hasFill && x === biasedFill) continue;
    valid++;
    if (x < lowest) lowest = x;
    if (x > highest) highest = x;
    sumLow += x & 0xffffffff;
    sumHigh += x >> 32;
    const u = <u64>(x < 0 ? 0 - x : x);
    const a = u >> 32;
    const b = u & 0xffffffff;
    const bb = b * b;
    const ab = a * b;
    const aa = a * a;
    limb0 += bb & 0xffffffff;
    limb1 += (bb >> 32) + 2 * (ab & 0xffffffff);
    limb2 += 2 * (ab >> 32) + (aa & 0xffffffff);
    limb3 += aa >> 32;
  }
  store<i64>(out, valid);
  store<i64>(out + 8, lowest);
  store<i64>(out + 16, highest);
  store<i64>(out + 24, sumLow);
  store<i64>(out + 32, sumHigh);
  store<u64>(out + 40, limb0);
  store<u64>(out + 48, limb1);
  store<u64>(out + 56, limb2);
  store<u64>(out + 64, limb3);
}

function clear(out: usize): void {
  memory.fill(out, 0, 72);
}

function add4(x: v128): i64 {
  const pairs = i64x2.add(i64x2.extend_low_i32x4_s(x), i64x2.extend_high_i32x4_s(x));
  return i64x2.extract_lane(pairs, 0) + i64x2.extract_lane(pairs, 1);
}

function lane16(x: v128, lane: i32): i64 {
  // Lanes are named by constants only: two halves of four lanes, shifted.
  const half = lane < 4 ? i64x2.extract_lane(x, 0) : i64x2.extract_lane(x, 1);
  return <i64>(<i16>(half >> (16 * (lane & 3))));
}

function lane32(x: v128, lane: i32): i32 {
  const half = lane < 2 ? i64x2.extract_lane(x, 0) : i64x2.extract_lane(x, 1);
  return <i32>(half >> (32 * (lane & 1)));
}

export function momentsI8(source: usize, count: u32, hasFill: bool, biasedFill: i64, out: usize): void {
  moments16<i8>(source, count, hasFill, biasedFill, out);
}

export function momentsU8(source: usize, count: u32, hasFill: bool, biasedFill: i64, out: usize): void {
  moments16<u8>(source, count, hasFill, biasedFill, out);
}

export function momentsI16(source: usize, count: u32, hasFill: bool, biasedFill: i64, out: usize): void {
  moments16<i16>(source, count, hasFill, biasedFill, out);
}

export function momentsU16(source: usize, count: u32, hasFill: bool, biasedFill: i64, out: usize): void {
  moments16<u16>(source, count, hasFill, biasedFill, out);
}

export function momentsI32(source: usize, count: u32, hasFill: bool, biasedFill: i64, out: usize): void {
  moments32<i32>(source, count, hasFill, biasedFill, out);
}

export function momentsU32(source: usize, count: u32, hasFill: bool, biasedFill: i64, out: usize): void {
  moments32<u32>(source, count, hasFill, biasedFill, out);
}

export function momentsI64(source: usize, count: u32, hasFill: bool, biasedFill: i64, out: usize): void {
  moments64<i64>(source, count, hasFill, biasedFill, out);
}

export function momentsU64(source: usize, count: u32, hasFill: bool, biasedFill: i64, out: usize): void {
  moments64<u64>(source, count, hasFill, biasedFill, out);
}

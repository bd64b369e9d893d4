// CCSDS 121.0-B streams as libaec writes them, to scaled 32-bit floats. The source may hold anything: nothing is read or
// written outside of the ranges that the caller gives.

const PREPROCESS: u32 = 8;
const RESTRICTED: u32 = 16;
const PAD_INTERVAL: u32 = 32;
/** A block of zeros that ends at the next segment. */
const REST_OF_SEGMENT: u32 = 5;
const SEGMENT_BLOCKS: u32 = 64;
const PAIR_MAX: u32 = 90;
const SAMPLES_BYTES: usize = 256;

const ENDS: i32 = -1;
const PAIR: i32 = -2;
const ZEROS: i32 = -3;

/**
 * The 64 bits from a bit position on, of which the first 57 count. The stream lies reversed: its bytes in big-endian order
 * are one plain load, for WebAssembly has no instruction that swaps bytes.
 *
 * @param base where a load finds the first eight bytes.
 */
function word(base: usize, at: u32): u64 {
  return load<u64>(base - (at >>> 3)) << (<u64>(at & 7));
}

/** Copies a stream, its last byte first. @returns where a load finds its first eight bytes */
function reverse(source: usize, bytes: u32, target: usize): usize {
  const padded: usize = (bytes + 15) & ~15;
  let to = target + padded;
  for (let from = source, end = source + padded; from < end; from += 16, to -= 16) {
    const v = v128.load(from);
    v128.store(to, i8x16.shuffle(v, v, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
  }
  return target + padded + 8;
}

/** Counts the zeros before the next one. @returns the position after it, or the count in the high half */
function unary(base: usize, from: u32, end: u32): u64 {
  let at = from;
  let zeros: u32 = 0;
  while (at < end) {
    const found = <u32>clz(word(base, at) | 0x7f);
    if (found < 57) return ((<u64>(zeros + found)) << 32) | (at + found + 1);
    zeros += 57;
    at += 57;
  }
  return ((<u64>zeros) << 32) | (end + 1);
}

/** Unary codes of a block, one a sample. @returns the position after them, past the end where the stream ends */
function readHigh(base: usize, from: u32, end: u32, samples: usize, first: u32, block: u32): u32 {
  let at = from;
  let bits: u64 = 0;
  let valid: i32 = 0;
  const stop = samples + ((<usize>block) << 2);
  for (let to = samples + ((<usize>first) << 2); to < stop; to += 4) {
    let zeros = <i32>clz(bits);
    if (zeros >= valid) {
      if (at >= end) return end + 1;
      bits = word(base, at);
      valid = 57;
      zeros = <i32>clz(bits);
      if (zeros >= valid) {
        const found = unary(base, at, end);
        at = <u32>found;
        if (at > end) return at;
        store<u32>(to, <u32>(found >> 32));
        bits = 0;
        valid = 0;
        continue;
      }
    }
    store<u32>(to, zeros);
    at += zeros + 1;
    valid -= zeros + 1;
    bits = (bits << (<u64>zeros)) << 1;
  }
  return at;
}

/** Pairs (a, b), each coded by one number: (a + b)(a + b + 1) / 2 + b. @returns the position after them, or an error */
function readPairs(base: usize, from: u32, end: u32, samples: usize, first: u32, block: u32): i64 {
  let at = from;
  for (let i: u32 = 0; i < block; i += 2) {
    const found = unary(base, at, end);
    const coded = <u32>(found >> 32);
    at = <u32>found;
    if (at > end) return ENDS;
    if (coded > PAIR_MAX) return PAIR;
    let sum: u32 = 0;
    while ((sum + 1) * (sum + 2) <= coded * 2) sum++;
    const second = coded - ((sum * (sum + 1)) >> 1);
    if (i >= first) store<u32>(samples + (i << 2), sum - second);
    store<u32>(samples + ((i + 1) << 2), second);
  }
  return at;
}

/** Undoes differences of samples of up to 30 bits. @returns the last sample */
function restore(samples: usize, target: usize, first: u32, block: u32, before: i32, max: i32): i32 {
  let last = before;
  for (let i: u32 = first; i < block; i++) {
    const mapped = load<i32>(samples + (i << 2));
    // The room to the nearer bound is coded to either side in turn, the rest to the one side left.
    const room = min(last, max - last);
    if (<u32>mapped <= (<u32>room) << 1) last += (mapped >>> 1) ^ -(mapped & 1);
    else last = last === room ? mapped : max - mapped;
    store<i32>(target + (i << 2), last);
  }
  return last;
}

/** The same for samples of up to 32 bits. */
function restoreWide(samples: usize, target: usize, first: u32, block: u32, before: i64, max: i64): i64 {
  let last = before;
  for (let i: u32 = first; i < block; i++) {
    const mapped: i64 = load<u32>(samples + (i << 2));
    const room = min(last, max - last);
    if (mapped <= room << 1) last += (mapped >> 1) ^ -(mapped & 1);
    else last = last === room ? mapped : max - mapped;
    store<u32>(target + (i << 2), <u32>last);
  }
  return last;
}

/** Adds the low bits of a block's samples, which lie together. */
function addLow(base: usize, from: u32, low: u32, samples: usize, first: u32, block: u32): void {
  const drop: u64 = 64 - low;
  let at = from;
  for (let i: u32 = first; i < block; i++, at += low) {
    const to = samples + (i << 2);
    store<u32>(to, (load<u32>(to) << low) | <u32>(word(base, at) >> drop));
  }
}

/** Whole numbers without a sign become scaled floats where they stand. */
function scaled(target: usize, block: u32, reference: f64, binary: f64, decimal: f64): void {
  const r = f64x2.splat(reference);
  const b = f64x2.splat(binary);
  const d = f64x2.splat(decimal);
  for (let at = target, stop = target + ((<usize>block) << 2); at < stop; at += 16) {
    const x = v128.load(at);
    const high = i8x16.shuffle(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
    const y = f64x2.mul(f64x2.add(f64x2.mul(f64x2.convert_low_i32x4_u(x), b), r), d);
    const z = f64x2.mul(f64x2.add(f64x2.mul(f64x2.convert_low_i32x4_u(high), b), r), d);
    const low = f32x4.demote_f64x2_zero(y);
    const rest = f32x4.demote_f64x2_zero(z);
    v128.store(at, i8x16.shuffle(low, rest, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23));
  }
}

export function decodeAec(
  target: usize,
  count: u32,
  source: usize,
  sourceBytes: u32,
  scratch: usize,
  bits: u32,
  flags: u32,
  block: u32,
  interval: u32,
  reference: f64,
  binary: f64,
  decimal: f64,
): i32 {
  const samples = scratch;
  const base = reverse(source, sourceBytes, scratch + SAMPLES_BYTES);
  const end = sourceBytes << 3;
  const isDifferenced = (flags & PREPROCESS) !== 0;
  const isRestricted = (flags & RESTRICTED) !== 0 && bits <= 4;
  const idBits: u32 = isRestricted ? (bits <= 2 ? 1 : 2) : bits > 16 ? 5 : bits > 8 ? 4 : 3;
  const idDrop: u64 = 64 - idBits;
  const raw: u32 = (1 << idBits) - 1;
  const max: i64 = ((<i64>1) << bits) - 1;
  let at: u32 = 0;
  let blockOfInterval: u32 = 0;
  let zeroBlocks: u32 = 0;
  let last: i64 = 0;
  for (let done: u32 = 0; done < count; done += block) {
    if (blockOfInterval === interval) {
      blockOfInterval = 0;
      if ((flags & PAD_INTERVAL) !== 0) at = (at + 7) & ~7;
    }
    const first: u32 = isDifferenced && blockOfInterval === 0 ? 1 : 0;
    let isZero = zeroBlocks > 0;
    const to = target + ((<usize>done) << 2);
    if (isZero) zeroBlocks--;
    else {
      if (at + idBits > end) return ENDS;
      const id = <u32>(word(base, at) >> idDrop);
      at += idBits;
      if (id === raw) {
        if (at + block * bits > end) return ENDS;
        const drop: u64 = 64 - bits;
        for (let i: u32 = 0; i < block; i++, at += bits) {
          store<u32>(samples + (i << 2), <u32>(word(base, at) >> drop));
        }
      } else {
        let isPairs = false;
        if (id === 0) {
          if (at + 1 > end) return ENDS;
          isPairs = word(base, at) >> 63 !== 0;
          isZero = !isPairs;
          at++;
        }
        if (first === 1) {
          if (at + bits > end) return ENDS;
          store<u32>(samples, <u32>(word(base, at) >> <u64>(64 - bits)));
          at += bits;
        }
        if (isPairs) {
          const next = readPairs(base, at, end, samples, first, block);
          if (next < 0) return <i32>next;
          at = <u32>next;
        } else if (isZero) {
          const found = unary(base, at, end);
          at = <u32>found;
          if (at > end) return ENDS;
          let blocks = <u32>(found >> 32) + 1;
          if (blocks === REST_OF_SEGMENT) {
            const toSegment = SEGMENT_BLOCKS - (blockOfInterval % SEGMENT_BLOCKS);
            blocks = min(interval - blockOfInterval, toSegment);
          } else if (blocks > REST_OF_SEGMENT) blocks--;
          if (blocks > interval - blockOfInterval) return ZEROS;
          zeroBlocks = blocks - 1;
        } else {
          const low = id - 1;
          at = readHigh(base, at, end, samples, first, block);
          const lowBits = low * (block - first);
          if (at + lowBits > end) return ENDS;
          if (low > 0) addLow(base, at, low, samples, first, block);
          at += lowBits;
        }
      }
    }
    blockOfInterval++;
    if (first === 1) {
      last = load<u32>(samples);
      store<u32>(to, <u32>last);
    }
    if (isZero) {
      const value: u32 = isDifferenced ? <u32>last : 0;
      for (let i: u32 = first; i < block; i++) store<u32>(to + (i << 2), value);
    } else if (!isDifferenced) memory.copy(to, samples, (<usize>block) << 2);
    else if (bits <= 30) last = restore(samples, to, first, block, <i32>last, <i32>max);
    else last = restoreWide(samples, to, first, block, last, max);
    scaled(to, block, reference, binary, decimal);
  }
  return 0;
}

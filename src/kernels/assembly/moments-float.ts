// Count, mean's and variance's sums, minimum and maximum in one pass over float32 or float64, NaN skipped.
// Element i belongs to lane i mod 8, and lanes are added in a fixed tree: plain JavaScript gives the same bits.
// Output, seven float64: count, shift, Σ(x − shift), Σ(x − shift)², minimum, maximum, infinities (0 or 1).

const INFINITE: f64 = Infinity;

/** The first finite value: near the others, so that no digits are lost. 0 where there is none. */
function firstFinite<T extends number>(source: usize, count: u32): f64 {
  for (let i: u32 = 0; i < count; i++) {
    const x = <f64>load<T>(source + i * sizeof<T>());
    if (x - x === 0) return x;
  }
  return 0;
}

export function momentsF32(source: usize, count: u32, out: usize): void {
  const shift = firstFinite<f32>(source, count);
  const shifts = f64x2.splat(shift);
  let low = f32x4.splat(f32.POSITIVE_INFINITY);
  let high = f32x4.splat(f32.NEGATIVE_INFINITY);
  let valid = i32x4.splat(0);
  let sum0 = f64x2.splat(0);
  let sum1 = f64x2.splat(0);
  let sum2 = f64x2.splat(0);
  let sum3 = f64x2.splat(0);
  let square0 = f64x2.splat(0);
  let square1 = f64x2.splat(0);
  let square2 = f64x2.splat(0);
  let square3 = f64x2.splat(0);
  const tail: u32 = count & 7;
  let end = source + (count - tail) * 4;
  let at = source;
  for (;;) {
    for (; at < end; at += 32) {
      const x = v128.load(at);
      const y = v128.load(at + 16);
      low = f32x4.pmin(low, x);
      low = f32x4.pmin(low, y);
      high = f32x4.pmax(high, x);
      high = f32x4.pmax(high, y);
      valid = i32x4.sub(valid, i32x4.add(f32x4.eq(x, x), f32x4.eq(y, y)));
      const d0 = distance(f64x2.promote_low_f32x4(x), shifts);
      const d1 = distance(f64x2.promote_low_f32x4(upperHalf(x)), shifts);
      const d2 = distance(f64x2.promote_low_f32x4(y), shifts);
      const d3 = distance(f64x2.promote_low_f32x4(upperHalf(y)), shifts);
      sum0 = f64x2.add(sum0, d0);
      sum1 = f64x2.add(sum1, d1);
      sum2 = f64x2.add(sum2, d2);
      sum3 = f64x2.add(sum3, d3);
      square0 = f64x2.add(square0, f64x2.mul(d0, d0));
      square1 = f64x2.add(square1, f64x2.mul(d1, d1));
      square2 = f64x2.add(square2, f64x2.mul(d2, d2));
      square3 = f64x2.add(square3, f64x2.mul(d3, d3));
    }
    if (tail === 0 || end === out + 32) break;
    // The rest goes through the same lanes, with NaN behind it.
    v128.store(out, f32x4.splat(f32.NaN));
    v128.store(out + 16, f32x4.splat(f32.NaN));
    for (let i: u32 = 0; i < tail; i++) store<f32>(out + i * 4, load<f32>(at + i * 4));
    at = out;
    end = out + 32;
  }
  const lowest = min4(low);
  const highest = max4(high);
  const total = i32x4.extract_lane(valid, 0) + i32x4.extract_lane(valid, 1);
  store<f64>(out, <f64>(total + i32x4.extract_lane(valid, 2) + i32x4.extract_lane(valid, 3)));
  store<f64>(out + 8, shift);
  store<f64>(out + 16, addLanes(sum0, sum1, sum2, sum3));
  store<f64>(out + 24, addLanes(square0, square1, square2, square3));
  storeExtremes(out, lowest, highest);
}

export function momentsF64(source: usize, count: u32, out: usize): void {
  const shift = firstFinite<f64>(source, count);
  const shifts = f64x2.splat(shift);
  let low = f64x2.splat(INFINITE);
  let high = f64x2.splat(-INFINITE);
  let valid = i64x2.splat(0);
  let sum0 = f64x2.splat(0);
  let sum1 = f64x2.splat(0);
  let sum2 = f64x2.splat(0);
  let sum3 = f64x2.splat(0);
  let square0 = f64x2.splat(0);
  let square1 = f64x2.splat(0);
  let square2 = f64x2.splat(0);
  let square3 = f64x2.splat(0);
  const tail: u32 = count & 7;
  let end = source + (count - tail) * 8;
  let at = source;
  for (;;) {
    for (; at < end; at += 64) {
      const x0 = v128.load(at);
      const x1 = v128.load(at + 16);
      const x2 = v128.load(at + 32);
      const x3 = v128.load(at + 48);
      low = f64x2.pmin(f64x2.pmin(low, x0), x1);
      low = f64x2.pmin(f64x2.pmin(low, x2), x3);
      high = f64x2.pmax(f64x2.pmax(high, x0), x1);
      high = f64x2.pmax(f64x2.pmax(high, x2), x3);
      valid = i64x2.sub(valid, i64x2.add(f64x2.eq(x0, x0), f64x2.eq(x1, x1)));
      valid = i64x2.sub(valid, i64x2.add(f64x2.eq(x2, x2), f64x2.eq(x3, x3)));
      const d0 = distance(x0, shifts);
      const d1 = distance(x1, shifts);
      const d2 = distance(x2, shifts);
      const d3 = distance(x3, shifts);
      sum0 = f64x2.add(sum0, d0);
      sum1 = f64x2.add(sum1, d1);
      sum2 = f64x2.add(sum2, d2);
      sum3 = f64x2.add(sum3, d3);
      square0 = f64x2.add(square0, f64x2.mul(d0, d0));
      square1 = f64x2.add(square1, f64x2.mul(d1, d1));
      square2 = f64x2.add(square2, f64x2.mul(d2, d2));
      square3 = f64x2.add(square3, f64x2.mul(d3, d3));
    }
    if (tail === 0 || end === out + 64) break;
    for (let i: u32 = 0; i < 8; i++) store<f64>(out + i * 8, i < tail ? load<f64>(at + i * 8) : f64.NaN);
    at = out;
    end = out + 64;
  }
  const lowest = pmin(f64x2.extract_lane(low, 0), f64x2.extract_lane(low, 1));
  const highest = -pmin(-f64x2.extract_lane(high, 0), -f64x2.extract_lane(high, 1));
  store<f64>(out, <f64>(i64x2.extract_lane(valid, 0) + i64x2.extract_lane(valid, 1)));
  store<f64>(out + 8, shift);
  store<f64>(out + 16, addLanes(sum0, sum1, sum2, sum3));
  store<f64>(out + 24, addLanes(square0, square1, square2, square3));
  storeExtremes(out, lowest, highest);
}

/** x − shift, and 0 for NaN: the shift is finite. */
function distance(x: v128, shifts: v128): v128 {
  const d = f64x2.sub(x, shifts);
  return v128.and(d, f64x2.eq(x, x));
}

function upperHalf(x: v128): v128 {
  return v128.shuffle<i64>(x, x, 1, 1);
}

function addLanes(a: v128, b: v128, c: v128, d: v128): f64 {
  return addPair(a) + addPair(b) + (addPair(c) + addPair(d));
}

function addPair(a: v128): f64 {
  return f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1);
}

function pmin(a: f64, b: f64): f64 {
  return b < a ? b : a;
}

function min4(low: v128): f64 {
  const a = pmin(<f64>f32x4.extract_lane(low, 0), <f64>f32x4.extract_lane(low, 1));
  const b = pmin(<f64>f32x4.extract_lane(low, 2), <f64>f32x4.extract_lane(low, 3));
  return pmin(a, b);
}

function max4(high: v128): f64 {
  return -min4(f32x4.neg(high));
}

/** Adding 0 makes −0 to +0: which of the two came first depends on the lanes. */
function storeExtremes(out: usize, lowest: f64, highest: f64): void {
  store<f64>(out + 32, lowest + 0);
  store<f64>(out + 40, highest + 0);
  store<f64>(out + 48, lowest === -INFINITE || highest === INFINITE ? 1 : 0);
}

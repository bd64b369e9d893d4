// Values of every type to float64 or float32: NaN where the value is the fill, else value × scale + offset.
// The arithmetic is in float64 and has one rounding an operation, as in plain JavaScript: also int64 to float32 rounds twice.

function convert<From, To>(
  target: usize,
  source: usize,
  count: u32,
  hasFill: bool,
  fill: From,
  scale: f64,
  offset: f64,
): void {
  if (!hasFill && scale === 1 && offset === 0) {
    for (let i: u32 = 0; i < count; i++) {
      store<To>(target + i * sizeof<To>(), <To>(<f64>load<From>(source + i * sizeof<From>())));
    }
    return;
  }
  const missing = <To>NaN;
  for (let i: u32 = 0; i < count; i++) {
    const x = load<From>(source + i * sizeof<From>());
    const value = <To>(<f64>x * scale + offset);
    store<To>(target + i * sizeof<To>(), hasFill && x === fill ? missing : value);
  }
}

export function toFloat64FromI8(
  target: usize,
  source: usize,
  count: u32,
  hasFill: bool,
  fill: i8,
  scale: f64,
  offset: f64,
): void {
  convert<i8, f64>(target, source, count, hasFill, fill, scale, offset);
}

export function toFloat32FromI8(
  target: usize,
  source: usize,
  count: u32,
  hasFill: bool,
  fill: i8,
  scale: f64,
  offset: f64,
): void {
  convert<i8, f32>(target, source, count, hasFill, fill, scale, offset);
}

export function toFloat64FromU8(
  target: usize,
  source: usize,
  count: u32,
  hasFill: bool,
  fill: u8,
  scale: f64,
  offset: f64,
): void {
  convert<u8, f64>(target, source, count, hasFill, fill, scale, offset);
}

export function toFloat32FromU8(
  target: usize,
  source: usize,
  count: u32,
  hasFill: bool,
  fill: u8,
  scale: f64,
  offset: f64,
): void {
  convert<u8, f32>(target, source, count, hasFill, fill, scale, offset);
}

export function toFloat64FromI16(
  target: usize,
  source: usize,
  count: u32,
  hasFill: bool,
  fill: i16,
  scale: f64,
  offset: f64,
): void {
  convert<i16, f64>(target, source, count, hasFill, fill, scale, offset);
}

export function toFloat32FromI16(
  target: usize,
  source: usize,
  count: u32,
  hasFill: bool,
  fill: i16,
  scale: f64,
  offset: f64,
): void {
  convert<i16, f32>(target, source, count, hasFill, fill, scale, offset);
}

export function toFloat64FromU16(
  target: usize,
  source: usize,
  count: u32,
  hasFill: bool,
  fill: u16,
  scale: f64,
  offset: f64,
): void {
  convert<u16, f64>(target, source, count, hasFill, fill, scale, offset);
}

export function toFloat32FromU16(
  target: usize,
  source: usize,
  count: u32,
  hasFill: bool,
  fill: u16,
  scale: f64,
  offset: f64,
): void {
  convert<u16, f32>(target, source, count, hasFill, fill, scale, offset);
}

export function toFloat64FromI32(
  target: usize,
  source: usize,
  count: u32,
  hasFill: bool,
  fill: i32,
  scale: f64,
  offset: f64,
): void {
  convert<i32, f64>(target, source, count, hasFill, fill, scale, offset);
}

export function toFloat32FromI32(
  target: usize,
  source: usize,
  count: u32,
  hasFill: bool,
  fill: i32,
  scale: f64,
  offset: f64,
): void {
  convert<i32, f32>(target, source, count, hasFill, fill, scale, offset);
}

export function toFloat64FromU32(
  target: usize,
  source: usize,
  count: u32,
  hasFill: bool,
  fill: u32,
  scale: f64,
  offset: f64,
): void {
  convert<u32, f64>(target, source, count, hasFill, fill, scale, offset);
}

export function toFloat32FromU32(
  target: usize,
  source: usize,
  count: u32,
  hasFill: bool,
  fill: u32,
  scale: f64,
  offset: f64,
): void {
  convert<u32, f32>(target, source, count, hasFill, fill, scale, offset);
}

export function toFloat64FromI64(
  target: usize,
  source: usize,
  count: u32,
  hasFill: bool,
  fill: i64,
  scale: f64,
  offset: f64,
): void {
  convert<i64, f64>(target, source, count, hasFill, fill, scale, offset);
}

export function toFloat32FromI64(
  target: usize,
  source: usize,
  count: u32,
  hasFill: bool,
  fill: i64,
  scale: f64,
  offset: f64,
): void {
  convert<i64, f32>(target, source, count, hasFill, fill, scale, offset);
}

export function toFloat64FromU64(
  target: usize,
  source: usize,
  count: u32,
  hasFill: bool,
  fill: u64,
  scale: f64,
  offset: f64,
): void {
  convert<u64, f64>(target, source, count, hasFill, fill, scale, offset);
}

export function toFloat32FromU64(
  target: usize,
  source: usize,
  count: u32,
  hasFill: bool,
  fill: u64,
  scale: f64,
  offset: f64,
): void {
  convert<u64, f32>(target, source, count, hasFill, fill, scale, offset);
}

export function toFloat64FromF32(
  target: usize,
  source: usize,
  count: u32,
  hasFill: bool,
  fill: f32,
  scale: f64,
  offset: f64,
): void {
  convert<f32, f64>(target, source, count, hasFill, fill, scale, offset);
}

export function toFloat32FromF32(
  target: usize,
  source: usize,
  count: u32,
  hasFill: bool,
  fill: f32,
  scale: f64,
  offset: f64,
): void {
  convert<f32, f32>(target, source, count, hasFill, fill, scale, offset);
}

export function toFloat64FromF64(
  target: usize,
  source: usize,
  count: u32,
  hasFill: bool,
  fill: f64,
  scale: f64,
  offset: f64,
): void {
  convert<f64, f64>(target, source, count, hasFill, fill, scale, offset);
}

export function toFloat32FromF64(
  target: usize,
  source: usize,
  count: u32,
  hasFill: bool,
  fill: f64,
  scale: f64,
  offset: f64,
): void {
  convert<f64, f32>(target, source, count, hasFill, fill, scale, offset);
}

/** 2^112: what a float16's exponent lacks when its bits are moved to their places in a float32. */
const HALF_EXPONENT: u32 = 0x77800000;

export function toFloat32FromF16(target: usize, source: usize, count: u32): void {
  let i: u32 = 0;
  for (const blocks = count & ~3; i < blocks; i += 4) {
    v128.store(target + i * 4, halfToFloat4(v128.load_ext<u16>(source + i * 2)));
  }
  for (; i < count; i++) {
    const four = halfToFloat4(i32x4.splat(load<u16>(source + i * 2)));
    store<u32>(target + i * 4, i32x4.extract_lane(four, 0));
  }
}

/** The bits of four float16 as float32; denormals are scaled, infinities and NaN keep their mantissa. */
function halfToFloat4(half: v128): v128 {
  const sign = i32x4.shl(v128.and(half, i32x4.splat(0x8000)), 16);
  const magnitude = i32x4.shl(v128.and(half, i32x4.splat(0x7fff)), 13);
  const finite = f32x4.mul(magnitude, i32x4.splat(HALF_EXPONENT));
  const special = v128.or(magnitude, i32x4.splat(0x7f800000));
  const isSpecial = i32x4.ge_u(magnitude, i32x4.splat(0x7c00 << 13));
  return v128.or(sign, v128.bitselect(special, finite, isSpecial));
}

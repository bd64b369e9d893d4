// Makes missing values of one kind, in place: NaN in floats, the fill in integers.

/** Missing: equal to `fill` or `missing`, or outside of [low, high]. NaN stays NaN. */
function maskFloat<T extends number>(at: usize, count: u32, fill: T, missing: T, low: T, high: T): void {
  for (let i: u32 = 0; i < count; i++) {
    const x = load<T>(at + i * sizeof<T>());
    if (x === fill || x === missing || x < low || x > high) store<T>(at + i * sizeof<T>(), <T>NaN);
  }
}

export function maskF32(at: usize, count: u32, fill: f32, missing: f32, low: f32, high: f32): void {
  maskFloat<f32>(at, count, fill, missing, low, high);
}

export function maskF64(at: usize, count: u32, fill: f64, missing: f64, low: f64, high: f64): void {
  maskFloat<f64>(at, count, fill, missing, low, high);
}

function maskInteger<T extends number>(at: usize, count: u32, fill: T, missing: T, low: T, high: T): void {
  for (let i: u32 = 0; i < count; i++) {
    const x = load<T>(at + i * sizeof<T>());
    if (x === missing || x < low || x > high) store<T>(at + i * sizeof<T>(), fill);
  }
}

export function maskI8(at: usize, count: u32, fill: i8, missing: i8, low: i8, high: i8): void {
  maskInteger<i8>(at, count, fill, missing, low, high);
}

export function maskU8(at: usize, count: u32, fill: u8, missing: u8, low: u8, high: u8): void {
  maskInteger<u8>(at, count, fill, missing, low, high);
}

export function maskI16(at: usize, count: u32, fill: i16, missing: i16, low: i16, high: i16): void {
  maskInteger<i16>(at, count, fill, missing, low, high);
}

export function maskU16(at: usize, count: u32, fill: u16, missing: u16, low: u16, high: u16): void {
  maskInteger<u16>(at, count, fill, missing, low, high);
}

export function maskI32(at: usize, count: u32, fill: i32, missing: i32, low: i32, high: i32): void {
  maskInteger<i32>(at, count, fill, missing, low, high);
}

export function maskU32(at: usize, count: u32, fill: u32, missing: u32, low: u32, high: u32): void {
  maskInteger<u32>(at, count, fill, missing, low, high);
}

export function maskI64(at: usize, count: u32, fill: i64, missing: i64, low: i64, high: i64): void {
  maskInteger<i64>(at, count, fill, missing, low, high);
}

export function maskU64(at: usize, count: u32, fill: u64, missing: u64, low: u64, high: u64): void {
  maskInteger<u64>(at, count, fill, missing, low, high);
}

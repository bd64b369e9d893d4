// Exact sums of x and x² of floats in bins of wide integers: any order of adding gives the same bins.
// Callers add the bins up in wide integers and round once. NaN is skipped; infinities are counted apart.
// Output words are added to, never cleared: at most 2^23 elements between two clearings.

/**
 * Words, int64: 16 bins of Σx, bin k in units of 2^(16k − 150); then 64 pairs (low, high 32 bits) of Σx², pair k in
 * units of 2^(8k − 300); then counts of finite values, of +∞ and of −∞.
 */
export function exactF32(source: usize, count: u32, words: usize): void {
  const squares = words + 8 * 16;
  let finite: i64 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const bits = load<u32>(source + 4 * i);
    let exponent = (bits >> 23) & 255;
    let mantissa = <i64>(bits & 0x7fffff);
    if (exponent === 255) {
      if (mantissa === 0) addTo(squares + 8 * (bits >> 31 ? 130 : 129), 1);
      continue;
    }
    if (exponent === 0) exponent = 1;
    else mantissa |= 0x800000;
    finite++;
    const square = (mantissa * mantissa) << (2 * (exponent & 3));
    const sign = <i64>(<i32>bits >> 31);
    addTo(words + 8 * (exponent >> 4), ((mantissa << (exponent & 15)) ^ sign) - sign);
    const pair = squares + 16 * (exponent >> 2);
    addTo(pair, square & 0xffffffff);
    addTo(pair + 8, square >> 32);
  }
  addTo(squares + 8 * 128, finite);
}

/**
 * Words, int64: 67 sums of 32-bit limbs of Σx in units of 2^(32k − 1075); then 133 of Σx² in units of
 * 2^(32k − 2150); then counts of finite values, of +∞ and of −∞.
 */
export function exactF64(source: usize, count: u32, words: usize): void {
  const squares = words + 8 * 67;
  let finite: i64 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const bits = load<u64>(source + 8 * i);
    let exponent = <u32>(bits >> 52) & 2047;
    let mantissa = bits & 0x000fffffffffffff;
    if (exponent === 2047) {
      if (mantissa === 0) addTo(squares + 8 * (bits >> 63 ? 135 : 134), 1);
      continue;
    }
    if (exponent === 0) exponent = 1;
    else mantissa |= 0x0010000000000000;
    finite++;
    addLimbs(words + 8 * (exponent >> 5), mantissa, exponent & 31, <i64>bits >> 63);
    addSquare(squares + 8 * (exponent >> 4), mantissa, 2 * (exponent & 15));
  }
  addTo(squares + 8 * 133, finite);
}

function addTo(at: usize, value: i64): void {
  store<i64>(at, load<i64>(at) + value);
}

/** Adds ±(mantissa << shift): three limbs. `sign` is 0 or −1. */
function addLimbs(at: usize, mantissa: u64, shift: u32, sign: i64): void {
  const low = mantissa << shift;
  const high = (mantissa >> 1) >> (63 - shift);
  addTo(at, ((<i64>low & 0xffffffff) ^ sign) - sign);
  addTo(at + 8, (<i64>(low >> 32) ^ sign) - sign);
  addTo(at + 16, (<i64>high ^ sign) - sign);
}

/** Adds mantissa² << shift: 106 + 30 bits, five limbs. */
function addSquare(at: usize, mantissa: u64, shift: u32): void {
  const a = mantissa >> 32;
  const b = mantissa & 0xffffffff;
  const middle = 2 * a * b;
  const bb = b * b;
  const low = bb + (middle << 32);
  const high = a * a + (middle >> 32) + (low < bb ? 1 : 0);
  const low2 = low << shift;
  const carry = (low >> 1) >> (63 - shift);
  const high2 = (high << shift) | carry;
  addTo(at, low2 & 0xffffffff);
  addTo(at + 8, low2 >> 32);
  addTo(at + 16, high2 & 0xffffffff);
  addTo(at + 24, high2 >> 32);
  addTo(at + 32, (high >> 1) >> (63 - shift));
}

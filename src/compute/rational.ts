// Correctly rounded results from exact integers: the nearest float64, ties to even, denormals too.

/** Bits of a quotient before it is rounded: more than the 53 of a float64, with a last bit that says "inexact". */
const WORKING_BITS = 66;
/** The exponent of the least denormal. */
const LEAST_EXPONENT = -1074;

/** numerator · 2^exponent / denominator. The denominator is positive. */
export function roundedQuotient(numerator: bigint, denominator: bigint, exponent = 0): number {
  const sign = numerator < 0n ? -1 : 1;
  const size = numerator < 0n ? -numerator : numerator;
  if (size === 0n) return 0;
  const shift = WORKING_BITS - (bitLength(size) - bitLength(denominator));
  const [top, bottom] = shift >= 0 ? [size << BigInt(shift), denominator] : [size, denominator << BigInt(-shift)];
  const quotient = top / bottom;
  return sign * roundedBinary(quotient * bottom === top ? quotient : quotient | 1n, exponent - shift);
}

/** The square root of numerator · 2^exponent / denominator. Both are positive, or the numerator is 0. */
export function roundedRoot(numerator: bigint, denominator: bigint, exponent = 0): number {
  if (numerator === 0n) return 0;
  // The exponent of the radicand must be even.
  let shift = 2 * WORKING_BITS - (bitLength(numerator) - bitLength(denominator));
  if ((shift - exponent) % 2 !== 0) shift++;
  const [top, bottom] =
    shift >= 0 ? [numerator << BigInt(shift), denominator] : [numerator, denominator << BigInt(-shift)];
  const radicand = top / bottom;
  const root = integerRoot(radicand);
  const isExact = root * root === radicand && radicand * bottom === top;
  return roundedBinary(isExact ? root : root | 1n, (exponent - shift) / 2);
}

/** value · 2^exponent, rounded once. The value has more than 54 bits, or is exact. */
function roundedBinary(value: bigint, exponent: number): number {
  const excess = LEAST_EXPONENT - exponent;
  if (excess > 0 && bitLength(value) - excess < 53) {
    // A denormal: it has fewer bits, and must not be rounded to 53 first.
    const unit = 1n << BigInt(excess);
    const quotient = value / unit;
    const twice = 2n * (value - quotient * unit);
    const up = twice > unit || (twice === unit && quotient % 2n === 1n);
    return Number(up ? quotient + 1n : quotient) * 2 ** LEAST_EXPONENT;
  }
  // Number() rounds to the nearest, ties to even. Two steps: 2^exponent alone may not be a float64.
  const half = Math.trunc(exponent / 2);
  return Number(value) * 2 ** half * 2 ** (exponent - half);
}

/** Bits of a positive integer. */
function bitLength(value: bigint): number {
  const hex = value.toString(16);
  return (hex.length - 1) * 4 + (32 - Math.clz32(Number.parseInt(hex[0] ?? '0', 16)));
}

/** The largest integer whose square is at most `value`: Newton's method. */
function integerRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let root = 1n << BigInt(Math.ceil(bitLength(value) / 2));
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

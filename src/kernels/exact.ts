import type { FloatType } from './moments.js';
import { elementsAt } from './views.js';

/**
 * Exact sums of floats, in bins of wide integers: any order of adding gives the same words. NaN is skipped. Words are
 * int64, aligned to 8, and added to: clear them before. At most 2^23 elements may be added between two clearings.
 * {@link readExactWords} puts them together.
 */
export type ExactKernels = {
  [T in FloatType as `exact${T}`]: (source: number, count: number, words: number) => void;
};

/** Elements that may be added before the words must be read and cleared. */
export const EXACT_ELEMENTS_MAX = 2 ** 23;

/** How the words are laid out: bins of x, then limbs of x², then three counts. Exponents are of the unit of bin 0. */
const LAYOUTS = {
  F32: { bins: 16, binBits: 16, exponent: -150, limbs: 128, exponent2: -300 },
  F64: { bins: 67, binBits: 32, exponent: -1075, limbs: 133, exponent2: -2150 },
} as const;

export function exactWordsBytes(type: FloatType): number {
  const { bins, limbs } = LAYOUTS[type];
  return 8 * (bins + limbs + 3);
}

/** Exact sums as integers: Σx = sum · 2^exponent, Σx² = squares · 2^(2 · exponent), over the finite values. */
export interface ExactSums {
  readonly finite: number;
  readonly positiveInfinities: number;
  readonly negativeInfinities: number;
  readonly sum: bigint;
  readonly squares: bigint;
  readonly exponent: number;
}

export function readExactWords(buffer: ArrayBuffer, words: number, type: FloatType): ExactSums {
  const { bins, binBits, exponent, limbs } = LAYOUTS[type];
  const all = new BigInt64Array(buffer, words, bins + limbs + 3);
  let sum = 0n;
  for (let k = bins - 1; k >= 0; k--) sum = (sum << BigInt(binBits)) + all[k]!;
  let squares = 0n;
  if (type === 'F64') {
    for (let k = limbs - 1; k >= 0; k--) squares = (squares << 32n) + all[bins + k]!;
  } else {
    // 64 pairs, 8 bits apart.
    for (let k = limbs - 2; k >= 0; k -= 2) {
      squares = (squares << 8n) + all[bins + k]! + (all[bins + k + 1]! << 32n);
    }
  }
  const [finite = 0n, positive = 0n, negative = 0n] = all.subarray(bins + limbs);
  return {
    finite: Number(finite),
    positiveInfinities: Number(positive),
    negativeInfinities: Number(negative),
    sum,
    squares,
    exponent,
  };
}

export function exactKernels(buffer: ArrayBuffer): ExactKernels {
  return { exactF32: exactF32(buffer), exactF64: exactF64(buffer) };
}

/** Sums of so many 39-bit integers are exact in float64. */
const BLOCK = 1 << 13;
const TWO32 = 2 ** 32;

function exactF32(buffer: ArrayBuffer): ExactKernels['exactF32'] {
  return (source, count, words) => {
    const all = elementsAt(Uint32Array, buffer, source, count);
    const target = new BigInt64Array(buffer, words, 147);
    const sums = new Float64Array(147);
    for (let start = 0; start < count; start += BLOCK) {
      sums.fill(0);
      for (let i = start; i < Math.min(count, start + BLOCK); i++) {
        const bits = all[i]!;
        const biased = (bits >>> 23) & 255;
        const fraction = bits & 0x7fffff;
        if (biased === 255) {
          if (fraction === 0) sums[bits >>> 31 ? 146 : 145]!++;
          continue;
        }
        const exponent = biased === 0 ? 1 : biased;
        const mantissa = biased === 0 ? fraction : fraction + 0x800000;
        const scaled = mantissa * 2 ** (exponent & 15);
        sums[exponent >> 4]! += bits >>> 31 ? -scaled : scaled;
        const square = mantissa * mantissa * 4 ** (exponent & 3);
        const pair = 16 + 2 * (exponent >> 2);
        const high = Math.floor(square / TWO32);
        sums[pair]! += square - high * TWO32;
        sums[pair + 1]! += high;
        sums[144]!++;
      }
      for (let k = 0; k < 147; k++) target[k]! += BigInt(sums[k]!);
    }
  };
}

function exactF64(buffer: ArrayBuffer): ExactKernels['exactF64'] {
  return (source, count, words) => {
    const all = elementsAt(BigUint64Array, buffer, source, count);
    const target = new BigInt64Array(buffer, words, 203);
    const limb = 0xffffffffn;
    for (let i = 0; i < count; i++) {
      const bits = all[i]!;
      const biased = Number(bits >> 52n) & 2047;
      const fraction = bits & 0xfffffffffffffn;
      const negative = bits >> 63n === 1n;
      if (biased === 2047) {
        if (fraction === 0n) target[negative ? 202 : 201]!++;
        continue;
      }
      const exponent = biased === 0 ? 1 : biased;
      const mantissa = biased === 0 ? fraction : fraction | (1n << 52n);
      let scaled = mantissa << BigInt(exponent & 31);
      for (let k = exponent >> 5; scaled > 0n; k++, scaled >>= 32n) {
        target[k]! += negative ? -(scaled & limb) : scaled & limb;
      }
      let square = (mantissa * mantissa) << BigInt(2 * (exponent & 15));
      for (let k = 67 + (exponent >> 4); square > 0n; k++, square >>= 32n) target[k]! += square & limb;
      target[200]!++;
    }
  };
}

import { ELEMENT_ARRAYS, type ElementType } from './convert.js';
import { elementsAt, type TypedArrayOf } from './views.js';

export type FloatType = 'F32' | 'F64';
export type IntegerType = Exclude<ElementType, FloatType>;

/** Count, sums, minimum and maximum in one pass. */
export type MomentsKernels = {
  /**
   * NaN is skipped. Writes seven float64: count, shift, Σ(x − shift), Σ(x − shift)², minimum, maximum, and 1 if there
   * is an infinity. The shift is the first finite value. Element i is added in lane i mod 8. `out` has 64 bytes,
   * aligned to 8.
   */
  [T in FloatType as `moments${T}`]: (source: number, count: number, out: number) => void;
} & {
  /**
   * Exact. Writes nine int64, aligned to 8: count; minimum; maximum; two words w with Σx = Σ w[k]·2^(32k); four words
   * with Σx² = Σ w[k]·2^(32k). Unsigned x of 16 bits and more are biased: 2^(bits − 1) less. So is `biasedFill`.
   */
  [T in IntegerType as `moments${T}`]: (
    source: number,
    count: number,
    hasFill: boolean,
    biasedFill: bigint,
    out: number,
  ) => void;
};

/** What integers of a type are biased by in {@link MomentsKernels}. */
export function biasOf(type: IntegerType): bigint {
  return type === 'U16' ? 1n << 15n : type === 'U32' ? 1n << 31n : type === 'U64' ? 1n << 63n : 0n;
}

export interface IntegerMoments {
  readonly count: number;
  readonly min: bigint;
  readonly max: bigint;
  readonly sum: bigint;
  readonly squares: bigint;
}

/** Puts the words of an integer kernel together, without the bias. */
export function readIntegerMoments(buffer: ArrayBuffer, out: number, type: IntegerType): IntegerMoments {
  const words = new BigInt64Array(buffer, out, 9);
  const bias = biasOf(type);
  const count = words[0]!;
  const sum = words[3]! + (words[4]! << 32n);
  const squares = words[5]! + (words[6]! << 32n) + (words[7]! << 64n) + (words[8]! << 96n);
  return {
    count: Number(count),
    min: words[1]! + bias,
    max: words[2]! + bias,
    sum: sum + bias * count,
    // Σ(x + bias)²
    squares: squares + 2n * bias * sum + bias * bias * count,
  };
}

export function momentsKernels(buffer: ArrayBuffer): MomentsKernels {
  const kernels: Record<string, unknown> = {
    momentsF32: floatMoments(buffer, Float32Array),
    momentsF64: floatMoments(buffer, Float64Array),
  };
  for (const type of ['I8', 'U8', 'I16', 'U16', 'I32', 'U32'] as const) {
    kernels[`moments${type}`] = integerMoments(buffer, type);
  }
  for (const type of ['I64', 'U64'] as const) kernels[`moments${type}`] = wideMoments(buffer, type);
  return kernels as unknown as MomentsKernels;
}

function floatMoments(
  buffer: ArrayBuffer,
  type: typeof Float32Array | typeof Float64Array,
): MomentsKernels['momentsF32'] {
  return (source, count, out) => {
    const values: Float32Array | Float64Array = elementsAt<Float32Array | Float64Array>(type, buffer, source, count);
    const shift = values.find(Number.isFinite) ?? 0;
    const sums = new Float64Array(8);
    const squares = new Float64Array(8);
    let valid = 0;
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < count; i++) {
      const x = values[i]!;
      if (Number.isNaN(x)) continue;
      const d = x - shift;
      valid++;
      sums[i & 7]! += d;
      squares[i & 7]! += d * d;
      if (x < low) low = x;
      if (x > high) high = x;
    }
    const infinite = low === Number.NEGATIVE_INFINITY || high === Number.POSITIVE_INFINITY;
    const words = [valid, shift, addLanes(sums), addLanes(squares), low + 0, high + 0, infinite ? 1 : 0];
    new Float64Array(buffer, out, 7).set(words);
  };
}

/** In the order of the WebAssembly kernel: the sum depends on it. */
function addLanes(lanes: Float64Array): number {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = lanes;
  return a + b + (c + d) + (e + f + (g + h));
}

/** Sums of so many elements' parts stay below 2^53. */
const BLOCK = 1 << 20;

function integerMoments(buffer: ArrayBuffer, type: 'I8' | 'U8' | 'I16' | 'U16' | 'I32' | 'U32') {
  const bias = Number(biasOf(type));
  return (source: number, count: number, hasFill: boolean, biasedFill: bigint, out: number) => {
    const array: unknown = ELEMENT_ARRAYS[type];
    const values = elementsAt(array as TypedArrayOf<ArrayLike<number>>, buffer, source, count);
    const fill = hasFill ? Number(biasedFill) + bias : undefined;
    let valid = 0;
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    let total = 0n;
    let squares = 0n;
    for (let start = 0; start < count; start += BLOCK) {
      let sum = 0;
      let highSquares = 0;
      let mixed = 0;
      let lowSquares = 0;
      for (let i = start; i < Math.min(count, start + BLOCK); i++) {
        const value = values[i]!;
        if (value === fill) continue;
        const x = value - bias;
        const size = Math.abs(x);
        const a = Math.floor(size / 65536);
        const b = size % 65536;
        valid++;
        sum += x;
        highSquares += a * a;
        mixed += a * b;
        lowSquares += b * b;
        if (x < low) low = x;
        if (x > high) high = x;
      }
      total += BigInt(sum);
      squares += (BigInt(highSquares) << 32n) + (BigInt(mixed) << 17n) + BigInt(lowSquares);
    }
    const extremes = valid === 0 ? emptyExtremes(type) : [BigInt(low), BigInt(high)];
    writeWords(buffer, out, valid, extremes, total, squares);
  };
}

function wideMoments(buffer: ArrayBuffer, type: 'I64' | 'U64'): MomentsKernels['momentsI64'] {
  const bias = biasOf(type);
  return (source, count, hasFill, biasedFill, out) => {
    const array: unknown = ELEMENT_ARRAYS[type];
    const values = elementsAt(array as TypedArrayOf<ArrayLike<bigint>>, buffer, source, count);
    let valid = 0;
    let [low = 0n, high = 0n] = emptyExtremes(type);
    let total = 0n;
    let squares = 0n;
    for (let i = 0; i < count; i++) {
      const x = values[i]! - bias;
      if (hasFill && x === biasedFill) continue;
      valid++;
      total += x;
      squares += x * x;
      if (x < low) low = x;
      if (x > high) high = x;
    }
    writeWords(buffer, out, valid, [low, high], total, squares);
  };
}

/** The largest and the smallest value that the kernel can hold: what it starts from. */
function emptyExtremes(type: IntegerType): [bigint, bigint] {
  const bits = type.endsWith('64') ? 63n : type.endsWith('32') ? 31n : 15n;
  return [(1n << bits) - 1n, -(1n << bits)];
}

function writeWords(
  buffer: ArrayBuffer,
  out: number,
  count: number,
  [low = 0n, high = 0n]: readonly bigint[],
  sum: bigint,
  squares: bigint,
): void {
  const words = new BigInt64Array(buffer, out, 9);
  const limb = 0xffffffffn;
  words.set([BigInt(count), low, high, sum & limb, sum >> 32n]);
  words.set([squares & limb, (squares >> 32n) & limb, (squares >> 64n) & limb, squares >> 96n], 5);
}

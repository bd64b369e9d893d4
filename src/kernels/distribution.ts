import { ELEMENT_ARRAYS, ELEMENT_TYPES, type ElementType, type ElementValue } from './convert.js';
import { elementsAt, type TypedArrayOf } from './views.js';

/** Counters that a radix kernel adds to: one a value of 16 bits. */
export const RADIX_COUNTERS = 65536;

/** Histograms, and counts of digits for exact quantiles. */
export type DistributionKernels = {
  /**
   * Of float64: adds to `bins` uint32 counters. Bin i holds edges[i] ≤ x < edges[i + 1]; the last one its upper edge,
   * too. `bins` + 1 float64 edges ascend; values outside and NaN are skipped. Edges and counters are aligned.
   */
  histogram(source: number, count: number, edges: number, bins: number, counts: number): void;
} & {
  /**
   * Adds to 65,536 uint32 counters, aligned to 4, by 16 bits of each element's order-preserving key, from bit `shift`
   * up. `hasPrefix`: only elements whose key has `prefix` above those bits. NaN and fill are skipped.
   */
  [T in ElementType as `radix${T}`]: (
    source: number,
    count: number,
    hasFill: boolean,
    fill: ElementValue<T>,
    shift: number,
    hasPrefix: boolean,
    prefix: bigint,
    counts: number,
  ) => void;
};

/** Bits of an element's key. */
export function keyBits(type: ElementType): number {
  return 8 * ELEMENT_ARRAYS[type].BYTES_PER_ELEMENT;
}

/** The value that has this key: keys ascend as values do. */
export function valueOfKey(type: ElementType, key: bigint): number | bigint {
  const bits = BigInt(keyBits(type));
  const top = 1n << (bits - 1n);
  if (type === 'U64') return key;
  if (type === 'I64') return key - top;
  if (type.startsWith('U')) return Number(key);
  if (type.startsWith('I')) return Number(key - top);
  const raw = (key & top) === 0n ? key ^ ((1n << bits) - 1n) : key ^ top;
  const view = new DataView(new ArrayBuffer(8));
  if (type === 'F32') view.setUint32(0, Number(raw));
  else view.setBigUint64(0, raw);
  return type === 'F32' ? view.getFloat32(0) : view.getFloat64(0);
}

export function distributionKernels(buffer: ArrayBuffer): DistributionKernels {
  const kernels: Record<string, unknown> = { histogram: histogram(buffer) };
  for (const type of ELEMENT_TYPES) kernels[`radix${type}`] = radix(buffer, type);
  return kernels as unknown as DistributionKernels;
}

function histogram(buffer: ArrayBuffer): DistributionKernels['histogram'] {
  return (source, count, edgesAt, bins, countsAt) => {
    const values = elementsAt(Float64Array, buffer, source, count);
    const edges = new Float64Array(buffer, edgesAt, bins + 1);
    const counts = new Uint32Array(buffer, countsAt, bins);
    const first = edges[0]!;
    const last = edges[bins]!;
    const scale = bins / (last - first);
    for (let i = 0; i < count; i++) {
      const x = values[i]!;
      if (!(x >= first && x <= last)) continue;
      let bin = Math.min(Math.trunc((x - first) * scale) || 0, bins - 1);
      // The product is rounded: the edges decide.
      while (bin > 0 && x < edges[bin]!) bin--;
      while (bin < bins - 1 && x >= edges[bin + 1]!) bin++;
      counts[bin]!++;
    }
  };
}

type Radix<T extends ElementType> = DistributionKernels[`radix${T}`];

function radix<T extends ElementType>(buffer: ArrayBuffer, type: T): Radix<T> {
  const toKey = keyFunction(type);
  const kernel = (
    source: number,
    count: number,
    hasFill: boolean,
    fill: ElementValue<T>,
    shift: number,
    hasPrefix: boolean,
    prefix: bigint,
    countsAt: number,
  ): void => {
    const array: unknown = ELEMENT_ARRAYS[type];
    const values = elementsAt(array as TypedArrayOf<ArrayLike<number | bigint>>, buffer, source, count);
    const counts = new Uint32Array(buffer, countsAt, RADIX_COUNTERS);
    const digit = BigInt(shift);
    for (let i = 0; i < count; i++) {
      const x = values[i]!;
      if ((hasFill && x === fill) || Number.isNaN(x)) continue;
      const key = toKey(x);
      if (hasPrefix && key >> (digit + 16n) !== prefix) continue;
      counts[Number((key >> digit) & 0xffffn)]!++;
    }
  };
  return kernel as Radix<T>;
}

function keyFunction(type: ElementType): (x: number | bigint) => bigint {
  const top = 1n << BigInt(keyBits(type) - 1);
  if (type.startsWith('U')) return (x) => BigInt(x);
  if (type.startsWith('I')) return (x) => BigInt(x) + top;
  const view = new DataView(new ArrayBuffer(8));
  const bytes = keyBits(type) / 8;
  return (x) => {
    if (bytes === 4) view.setFloat32(0, x as number);
    else view.setFloat64(0, x as number);
    const raw = bytes === 4 ? BigInt(view.getUint32(0)) : view.getBigUint64(0);
    return raw & top ? raw ^ (2n * top - 1n) : raw | top;
  };
}

import type { DType } from '../array/dtype.js';
import type { Packing } from '../array/packing.js';
import { LsioError } from '../errors.js';
import { ELEMENT_ARRAYS, type ElementType } from '../kernels/convert.js';
import type { Kernels } from '../kernels/kernels.js';

/** Stored elements as the kernels see them, and which of them are missing. Plain data. */
export interface ElementFormat {
  /** What is stored; `F16` is not a kernel's type: it becomes float32 first. */
  readonly stored: ElementType | 'F16';
  readonly missing: readonly (number | bigint)[];
  readonly validMin: number | bigint | undefined;
  readonly validMax: number | bigint | undefined;
}

/** @throws {LsioError} `usage` for a dtype that is no number. */
export function elementFormat(dtype: DType, packing: Packing | undefined): ElementFormat {
  const stored = storedType(dtype);
  if (stored === undefined) {
    throw new LsioError('usage', `there are no statistics of ${dtype.name}: only of bool, integers and floats`);
  }
  const { missing = [], validMin, validMax } = packing ?? {};
  return { stored, missing, validMin, validMax };
}

function storedType({ kind, itemBytes }: DType): ElementFormat['stored'] | undefined {
  const bits = itemBytes * 8;
  if (kind === 'bool') return 'U8';
  if (kind === 'int') return `I${bits}` as ElementType;
  if (kind === 'uint') return `U${bits}` as ElementType;
  return kind === 'float' ? (`F${bits}` as ElementType) : undefined;
}

export function storedBytes({ stored }: ElementFormat): number {
  return stored === 'F16' ? 2 : ELEMENT_ARRAYS[stored].BYTES_PER_ELEMENT;
}

export function isInteger({ stored }: ElementFormat): boolean {
  return !stored.startsWith('F');
}

/** What reducers are given: elements of one kernel type; missing ones are NaN, or the fill of an integer. */
export interface PreparedFormat {
  readonly type: ElementType;
  readonly hasFill: boolean;
  readonly fill: number | bigint;
}

type AnyMask = (at: number, count: number, ...settings: (number | bigint)[]) => void;
type AnyConvert = (...args: [number, number, number, boolean, number | bigint, number, number]) => void;

/** Brings stored elements to what a reducer wants, in place or in a scratch of 8 bytes an element. */
export class Preparation {
  readonly prepared: PreparedFormat;
  readonly #kernels: Kernels;
  readonly #format: ElementFormat;
  readonly #scratch: number;
  readonly #low: number | bigint;
  readonly #high: number | bigint;
  readonly #native: PreparedFormat;

  /** @param wanted `native` keeps integers; `float` makes float32 or float64 of them, whichever is exact. */
  constructor(kernels: Kernels, format: ElementFormat, wanted: 'native' | 'float' | 'F64', scratch: number) {
    this.#kernels = kernels;
    this.#format = format;
    this.#scratch = scratch;
    const type = format.stored === 'F16' ? 'F32' : format.stored;
    const [least, most] = limitsOf(type);
    this.#low = format.validMin ?? least;
    this.#high = format.validMax ?? most;
    const isFloat = type.startsWith('F');
    const hasFill = !isFloat && (format.missing.length > 0 || this.#hasRange);
    const none = type.endsWith('64') && !isFloat ? 0n : 0;
    this.#native = { type, hasFill, fill: hasFill ? this.#fill() : none };
    const float = type === 'F32' || /8|16/.test(type) ? 'F32' : 'F64';
    const target = wanted === 'native' ? type : wanted === 'F64' ? 'F64' : isFloat ? type : float;
    this.prepared = target === type ? this.#native : { type: target, hasFill: false, fill: 0 };
  }

  /** @returns where the prepared elements are. */
  prepare(address: number, count: number): number {
    const { type } = this.#native;
    let at = address;
    if (this.#format.stored === 'F16') {
      this.#kernels.toFloat32FromF16(this.#scratch, address, count);
      at = this.#scratch;
    }
    this.#mask(at, count);
    const target = this.prepared.type;
    if (target === type) return at;
    const name = target === 'F32' ? (`toFloat32From${type}` as const) : (`toFloat64From${type}` as const);
    // Half of the scratch may hold the floats that come from float16.
    const to = at === this.#scratch ? this.#scratch + 4 * count : this.#scratch;
    (this.#kernels[name] as unknown as AnyConvert)(to, at, count, this.#native.hasFill, this.#native.fill, 1, 0);
    return to;
  }

  /** Whether the valid range leaves any value out. */
  get #hasRange(): boolean {
    const [least, most] = limitsOf(this.#format.stored);
    return this.#low > least || this.#high < most;
  }

  /** Makes all missing elements NaN, or the fill. */
  #mask(at: number, count: number): void {
    const { type, fill } = this.#native;
    const isFloat = type.startsWith('F');
    const { missing } = this.#format;
    const mask = this.#kernels[`mask${type}`] as unknown as AnyMask;
    if (isFloat) {
      const values = missing.filter((value) => !Number.isNaN(value));
      if (values.length === 0 && !this.#hasRange) return;
      for (let i = 0; i < Math.max(1, values.length); i++) {
        mask(at, count, values[i] ?? Number.NaN, Number.NaN, this.#low, this.#high);
      }
      return;
    }
    if (missing.length <= 1 && !this.#hasRange) return;
    const others = missing.filter((value) => value !== fill);
    for (let i = 0; i < Math.max(1, others.length); i++)
      mask(at, count, fill, others[i] ?? fill, this.#low, this.#high);
  }

  /** A stored number that means "missing": a given one, or one outside of the valid range. */
  #fill(): number | bigint {
    const [first] = this.#format.missing;
    if (first !== undefined) return first;
    const [least] = limitsOf(this.#format.stored);
    return this.#low > least ? minus(this.#low, 1) : minus(this.#high, -1);
  }
}

function minus(value: number | bigint, by: number): number | bigint {
  return typeof value === 'bigint' ? value - BigInt(by) : value - by;
}

/** The least and the largest value of a type. */
function limitsOf(type: ElementType | 'F16'): [number | bigint, number | bigint] {
  if (type.startsWith('F')) return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const bits = BigInt(type.slice(1));
  const [low, high] = type.startsWith('U') ? [0n, (1n << bits) - 1n] : [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n];
  return bits === 64n ? [low, high] : [Number(low), Number(high)];
}

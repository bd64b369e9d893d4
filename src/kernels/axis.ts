import type { FloatType } from './moments.js';
import { elementsAt, type TypedArrayOf } from './views.js';

/**
 * Reductions along an axis, one step at a time: element i belongs to point i. The state of P points is one array
 * behind the other: float64 shift, Σ(x − shift), Σ(x − shift)²; minimum and maximum of the elements' type; uint32
 * count. It is aligned to 8. The shift is the point's first finite value, NaN before. NaN is skipped.
 */
export type AxisKernels = {
  /** Sets the state of no elements. */
  [T in FloatType as `axisClear${T}`]: (state: number, points: number) => void;
} & {
  /** Adds `count` elements to the points from `first` on. */
  [T in FloatType as `axisAdd${T}`]: (
    source: number,
    first: number,
    count: number,
    state: number,
    points: number,
  ) => void;
};

/** Bytes of the state of so many points. */
export function axisStateBytes(type: FloatType, points: number): number {
  return points * (type === 'F32' ? 36 : 44);
}

type Floats = Float32Array | Float64Array;

/** Views of a state's arrays. */
export interface AxisState {
  readonly shift: Float64Array;
  readonly sum: Float64Array;
  readonly squares: Float64Array;
  readonly min: Floats;
  readonly max: Floats;
  readonly count: Uint32Array;
}

export function axisState(buffer: ArrayBuffer, type: FloatType, state: number, points: number): AxisState {
  const array = (type === 'F32' ? Float32Array : Float64Array) as TypedArrayOf<Floats>;
  const extremes = state + 24 * points;
  const size = array.BYTES_PER_ELEMENT;
  return {
    shift: new Float64Array(buffer, state, points),
    sum: new Float64Array(buffer, state + 8 * points, points),
    squares: new Float64Array(buffer, state + 16 * points, points),
    min: new array(buffer, extremes, points),
    max: new array(buffer, extremes + size * points, points),
    count: new Uint32Array(buffer, extremes + 2 * size * points, points),
  };
}

export function axisKernels(buffer: ArrayBuffer): AxisKernels {
  return {
    axisClearF32: (state, points) => clear(axisState(buffer, 'F32', state, points)),
    axisClearF64: (state, points) => clear(axisState(buffer, 'F64', state, points)),
    axisAddF32: (source, first, count, state, points) =>
      add(elementsAt(Float32Array, buffer, source, count), first, axisState(buffer, 'F32', state, points)),
    axisAddF64: (source, first, count, state, points) =>
      add(elementsAt(Float64Array, buffer, source, count), first, axisState(buffer, 'F64', state, points)),
  };
}

function clear(state: AxisState): void {
  state.shift.fill(Number.NaN);
  state.sum.fill(0);
  state.squares.fill(0);
  state.min.fill(Number.POSITIVE_INFINITY);
  state.max.fill(Number.NEGATIVE_INFINITY);
  state.count.fill(0);
}

function add(values: Floats, first: number, { shift, sum, squares, min, max, count }: AxisState): void {
  for (let i = 0; i < values.length; i++) {
    const x = values[i]!;
    if (Number.isNaN(x)) continue;
    const point = first + i;
    if (Number.isNaN(shift[point]) && Number.isFinite(x)) shift[point] = x;
    const d = Number.isNaN(shift[point]) ? x : x - shift[point]!;
    sum[point]! += d;
    squares[point]! += d * d;
    if (x < min[point]!) min[point] = x;
    if (x > max[point]!) max[point] = x;
    count[point]!++;
  }
}

// One step along a reduced axis: element i is added to the state of point i. NaN is skipped.
// State of P points, one array behind the other: float64 shift, Σ(x − shift), Σ(x − shift)²; then minimum and maximum
// of the elements' type; then uint32 count. The shift is NaN until the point's first finite value sets it.

export function axisClearF32(state: usize, points: u32): void {
  clear<f32>(state, points);
}

export function axisClearF64(state: usize, points: u32): void {
  clear<f64>(state, points);
}

function clear<T extends number>(state: usize, points: u32): void {
  const extremes = state + 24 * points;
  memory.fill(state + 8 * points, 0, 16 * points);
  memory.fill(extremes + 2 * points * sizeof<T>(), 0, 4 * points);
  for (let i: u32 = 0; i < points; i++) {
    store<f64>(state + 8 * i, f64.NaN);
    store<T>(extremes + i * sizeof<T>(), <T>Infinity);
    store<T>(extremes + (points + i) * sizeof<T>(), <T>-Infinity);
  }
}

/** Adds `count` elements to the points from `first` on. */
export function axisAddF32(source: usize, first: u32, count: u32, state: usize, points: u32): void {
  const blocks = count & ~3;
  let shiftAt = state + first * 8;
  let lowAt = state + 24 * points + first * 4;
  const sums = 8 * points;
  const highs = 4 * points;
  for (let i: u32 = 0; i < blocks; i += 4) {
    const x = v128.load(source + i * 4);
    addPair(f64x2.promote_low_f32x4(x), shiftAt, sums);
    addPair(f64x2.promote_low_f32x4(v128.shuffle<i64>(x, x, 1, 1)), shiftAt + 16, sums);
    v128.store(lowAt, f32x4.pmin(v128.load(lowAt), x));
    v128.store(lowAt + highs, f32x4.pmax(v128.load(lowAt + highs), x));
    const countAt = lowAt + 2 * highs;
    v128.store(countAt, i32x4.sub(v128.load(countAt), f32x4.eq(x, x)));
    shiftAt += 32;
    lowAt += 16;
  }
  addRest<f32>(source, blocks, first, count, state, points);
}

export function axisAddF64(source: usize, first: u32, count: u32, state: usize, points: u32): void {
  const blocks = count & ~1;
  let shiftAt = state + first * 8;
  const sums = 8 * points;
  let countAt = state + 40 * points + first * 4;
  for (let i: u32 = 0; i < blocks; i += 2) {
    const x = v128.load(source + i * 8);
    addPair(x, shiftAt, sums);
    const lowAt = shiftAt + 3 * sums;
    v128.store(lowAt, f64x2.pmin(v128.load(lowAt), x));
    v128.store(lowAt + sums, f64x2.pmax(v128.load(lowAt + sums), x));
    const valid = f64x2.eq(x, x);
    const counts = v128.load64_zero(countAt);
    v128.store64_lane(countAt, i32x4.sub(counts, v128.shuffle<i32>(valid, valid, 0, 2, 0, 2)), 0);
    shiftAt += 16;
    countAt += 8;
  }
  addRest<f64>(source, blocks, first, count, state, points);
}

/** Two points: shift, where it is still NaN, and both sums. */
function addPair(x: v128, shiftAt: usize, sums: usize): void {
  const old = v128.load(shiftAt);
  const isSet = f64x2.eq(old, old);
  const difference = f64x2.sub(x, x);
  const finite = f64x2.eq(difference, difference);
  const shift = v128.bitselect(x, old, v128.andnot(finite, isSet));
  v128.store(shiftAt, shift);
  // Before the first finite value there are infinities only: any shift will do for them.
  const d = v128.and(f64x2.sub(x, v128.and(shift, f64x2.eq(shift, shift))), f64x2.eq(x, x));
  v128.store(shiftAt + sums, f64x2.add(v128.load(shiftAt + sums), d));
  v128.store(shiftAt + 2 * sums, f64x2.add(v128.load(shiftAt + 2 * sums), f64x2.mul(d, d)));
}

function addRest<T extends number>(source: usize, from: u32, first: u32, count: u32, state: usize, points: u32): void {
  const extremes = state + 24 * points;
  for (let i = from; i < count; i++) {
    const value = load<T>(source + i * sizeof<T>());
    const x = <f64>value;
    if (x !== x) continue;
    const point = first + i;
    const at = state + 8 * point;
    let shift = load<f64>(at);
    if (shift !== shift) {
      shift = x - x === 0 ? x : 0;
      if (x - x === 0) store<f64>(at, x);
    }
    const d = x - shift;
    store<f64>(at + 8 * points, load<f64>(at + 8 * points) + d);
    store<f64>(at + 16 * points, load<f64>(at + 16 * points) + d * d);
    const lowAt = extremes + point * sizeof<T>();
    const highAt = lowAt + points * sizeof<T>();
    if (value < load<T>(lowAt)) store<T>(lowAt, value);
    if (value > load<T>(highAt)) store<T>(highAt, value);
    const countAt = extremes + 2 * points * sizeof<T>() + 4 * point;
    store<u32>(countAt, load<u32>(countAt) + 1);
  }
}

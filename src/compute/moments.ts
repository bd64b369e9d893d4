import type { AxisState } from '../kernels/axis.js';

/**
 * Count, weight, mean, sum of squared distances from the mean, sum, minimum and maximum of `cells` cells: seven arrays
 * of float64, one behind the other. Without weights the weight is the count. Of an empty cell the minimum is +∞ and the
 * maximum −∞.
 */
export type Moments = Float64Array;

const FIELDS = 7;
const [COUNT, WEIGHT, MEAN, M2, SUM, MIN, MAX] = [0, 1, 2, 3, 4, 5, 6] as const;

export type MomentsField = 'count' | 'weight' | 'mean' | 'm2' | 'sum' | 'min' | 'max';
const INDEXES: Record<MomentsField, number> = {
  count: COUNT,
  weight: WEIGHT,
  mean: MEAN,
  m2: M2,
  sum: SUM,
  min: MIN,
  max: MAX,
};

export const MOMENTS_BYTES_PER_CELL = FIELDS * 8;

export function emptyMoments(cells: number): Moments {
  const moments = new Float64Array(FIELDS * cells);
  moments.fill(Number.POSITIVE_INFINITY, MIN * cells, MAX * cells);
  moments.fill(Number.NEGATIVE_INFINITY, MAX * cells);
  return moments;
}

/** A view of one field, a number a cell. */
export function fieldOf(moments: Moments, field: MomentsField): Float64Array {
  const cells = moments.length / FIELDS;
  return moments.subarray(INDEXES[field] * cells, (INDEXES[field] + 1) * cells);
}

/** Adds all of `right` to `left` and returns it: Chan, Golub and LeVeque's pairwise formula, cell by cell. */
export function mergeMoments(left: Moments, right: Moments): Moments {
  const cells = left.length / FIELDS;
  for (let cell = 0; cell < cells; cell++) mergeCell(left, cells, cell, right, cells, cell);
  return left;
}

/** Merges a cell of `right` into a cell of `left`; each may be of another number of cells. */
function mergeCell(left: Moments, cells: number, cell: number, right: Moments, others: number, other: number): void {
  const weight2 = right[WEIGHT * others + other]!;
  if (weight2 === 0) return;
  const mean2 = right[MEAN * others + other]!;
  const weight1 = left[WEIGHT * cells + cell]!;
  const mean1 = left[MEAN * cells + cell]!;
  const weight = weight1 + weight2;
  const delta = mean2 - mean1;
  left[COUNT * cells + cell]! += right[COUNT * others + other]!;
  left[WEIGHT * cells + cell] = weight;
  left[SUM * cells + cell]! += right[SUM * others + other]!;
  left[MIN * cells + cell] = Math.min(left[MIN * cells + cell]!, right[MIN * others + other]!);
  left[MAX * cells + cell] = Math.max(left[MAX * cells + cell]!, right[MAX * others + other]!);
  if (weight1 === 0) {
    left[MEAN * cells + cell] = mean2;
    left[M2 * cells + cell] = right[M2 * others + other]!;
  } else if (Number.isFinite(delta)) {
    left[MEAN * cells + cell] = mean1 + delta * (weight2 / weight);
    left[M2 * cells + cell]! += right[M2 * others + other]! + delta * delta * (weight1 * (weight2 / weight));
  } else {
    // An infinity, or means so far apart that their difference is one.
    left[MEAN * cells + cell] = mean1 * (weight1 / weight) + mean2 * (weight2 / weight);
    const areFinite = Number.isFinite(mean1) && Number.isFinite(mean2);
    left[M2 * cells + cell] = areFinite ? Number.POSITIVE_INFINITY : Number.NaN;
  }
}

const single = emptyMoments(1);

/**
 * Adds a run that a kernel reduced to a cell.
 *
 * @param words count, shift, Σ(x − shift), Σ(x − shift)², minimum, maximum of the run.
 * @param weight of each element.
 */
export function addRun(moments: Moments, cell: number, words: Float64Array, weight = 1): void {
  const count = words[0]!;
  if (count === 0 || weight === 0) return;
  const shift = words[1]!;
  const sum = words[2]!;
  single[COUNT] = count;
  single[WEIGHT] = count * weight;
  single[MEAN] = shift + sum / count;
  single[M2] = weight * spread(count, sum, words[3]!, words[4]!, words[5]!);
  single[SUM] = weight * (count * shift + sum);
  single[MIN] = words[4]!;
  single[MAX] = words[5]!;
  mergeCell(moments, moments.length / FIELDS, cell, single, 1, 0);
}

/** Σ(x − mean)². NaN where a value is infinite, infinite where finite values are too far apart for a float64. */
function spread(count: number, sum: number, squares: number, low: number, high: number): number {
  const areFinite = Number.isFinite(low) && Number.isFinite(high);
  if (areFinite && squares === Number.POSITIVE_INFINITY) return squares;
  return Math.max(0, squares - (sum * sum) / count);
}

/** The moments of the points of an axis kernel's state. */
export function momentsOfAxis({ shift, sum, squares, min, max, count }: AxisState): Moments {
  const cells = count.length;
  const moments = emptyMoments(cells);
  for (let cell = 0; cell < cells; cell++) {
    const n = count[cell]!;
    if (n === 0) continue;
    // Without a finite value there is no shift.
    const from = Number.isNaN(shift[cell]) ? 0 : shift[cell]!;
    const total = sum[cell]!;
    moments[COUNT * cells + cell] = n;
    moments[WEIGHT * cells + cell] = n;
    moments[MEAN * cells + cell] = from + total / n;
    moments[M2 * cells + cell] = spread(n, total, squares[cell]!, min[cell]!, max[cell]!);
    moments[SUM * cells + cell] = n * from + total;
    moments[MIN * cells + cell] = min[cell]! + 0;
    moments[MAX * cells + cell] = max[cell]! + 0;
  }
  return moments;
}

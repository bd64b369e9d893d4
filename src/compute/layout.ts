import { rowMajorStrides } from '../array/grid.js';
import type { AxisPlan, Column, Piece } from './plan.js';
import type { Reducer } from './reducer.js';

/** A part of a chunk that lies dense in memory: its pieces along each axis, the last axis side by side. */
export interface DenseBox {
  readonly pieces: readonly Piece[];
  readonly address: number;
  readonly elementBytes: number;
}

/**
 * Tells a reducer which elements of a box belong to which cell, in as few and as long runs as there are: neighbouring
 * axes that are all reduced are one run for a cell, those that are all kept are one row of cells.
 */
export function addBox(reducer: Reducer<unknown>, axes: readonly AxisPlan[], column: Column, box: DenseBox): void {
  const counts = box.pieces.map(({ count }) => count);
  const { first, isRow } = trailingAxes(axes, column, counts);
  const cellStrides = rowMajorStrides(column.extents, 1);
  const elementStrides = rowMajorStrides(counts, 1);
  const groupCells = column.extents.reduce((a, b) => a * b, 1);
  const length = counts.slice(first).reduce((a, b) => a * b, 1);
  const index = new Array<number>(first).fill(0);
  // The cell of the first element along the axes of the row.
  let start = 0;
  for (let axis = first; axis < axes.length; axis++) {
    if (axes[axis]!.kept) start += box.pieces[axis]!.local * cellStrides[axis]!;
  }
  do {
    let cell = start;
    let element = 0;
    let weight = 1;
    for (let axis = 0; axis < axes.length; axis++) {
      const at = axis < first ? index[axis]! : 0;
      const { kept, groups, weights } = axes[axis]!;
      const { local, target } = box.pieces[axis]!;
      element += at * elementStrides[axis]!;
      if (kept && axis < first) cell += (local + at) * cellStrides[axis]!;
      if (groups !== undefined && column.group === undefined) cell += groups[target + at]! * groupCells;
      if (weights !== undefined) weight *= weights[target + at]!;
    }
    const run = { address: box.address + element * box.elementBytes, count: length, weight };
    if (isRow) reducer.addRow(cell, run);
    else reducer.addRun(cell, run);
  } while (advance(index, counts));
}

/** From which axis on elements make one run or one row. Axes of one element make no difference. */
function trailingAxes(
  axes: readonly AxisPlan[],
  { group, extents }: Column,
  counts: readonly number[],
): { first: number; isRow: boolean } {
  let first = axes.length;
  let isRow: boolean | undefined;
  // Whether the row so far is all that the column has along its axes: only then the next axis goes on where it ends.
  let isWhole = true;
  for (let axis = axes.length - 1; axis >= 0; axis--) {
    const { kept, groups, weights } = axes[axis]!;
    const isSplit = (groups !== undefined && group === undefined) || weights !== undefined;
    if (counts[axis]! > 1) {
      if (isSplit || (isRow !== undefined && isRow !== kept) || (kept && !isWhole)) break;
      isRow = kept;
    }
    if (kept && counts[axis] !== extents[axis]) isWhole = false;
    first = axis;
  }
  return { first, isRow: isRow ?? false };
}

/** Counts on, the last digit fastest; false when all is done. */
function advance(index: number[], counts: readonly number[]): boolean {
  for (let axis = index.length - 1; axis >= 0; axis--) {
    index[axis]!++;
    if (index[axis]! < counts[axis]!) return true;
    index[axis] = 0;
  }
  return false;
}

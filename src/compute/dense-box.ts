import { rowMajorStrides } from '../array/grid.js';
import type { Kernels } from '../kernels/kernels.js';
import type { Piece } from './plan.js';

/** A decoded chunk in the kernels' memory, in row-major order. */
export interface DecodedChunk {
  readonly address: number;
  readonly shape: readonly number[];
  readonly elementBytes: number;
}

/**
 * Makes a part of a chunk dense, in row-major order.
 *
 * @param target where to copy it, if it isn't dense already.
 * @returns where it is.
 */
export function denseBox(kernels: Kernels, chunk: DecodedChunk, pieces: readonly Piece[], target: number): number {
  const { address, shape, elementBytes } = chunk;
  const strides = rowMajorStrides(shape, elementBytes);
  const first = pieces.reduce((sum, { source }, axis) => sum + source * strides[axis]!, address);
  if (isDense(pieces, shape)) return first;
  copyBox(kernels, pieces, strides, elementBytes, first, target);
  return target;
}

/** One run: the first axis with more than one element may be partly taken, all that follow are whole. */
function isDense(pieces: readonly Piece[], shape: readonly number[]): boolean {
  const start = pieces.findIndex(({ count }) => count > 1);
  return pieces.every(({ count, step }, axis) => {
    if (count > 1 && step !== 1) return false;
    return start < 0 || axis <= start || count === shape[axis];
  });
}

function copyBox(
  kernels: Kernels,
  pieces: readonly Piece[],
  strides: readonly number[],
  elementBytes: number,
  first: number,
  target: number,
): void {
  const last = pieces.length - 1;
  const count = (axis: number): number => pieces[axis]?.count ?? 1;
  const step = (axis: number): number => (pieces[axis]?.step ?? 0) * (strides[axis] ?? 0);
  const rowBytes = count(last) * elementBytes;
  const isRow = count(last) === 1 || pieces[last]?.step === 1;
  const planeBytes = rowBytes * count(last - 1);
  const boxBytes = planeBytes * count(last - 2);
  const outer = pieces.slice(0, Math.max(0, last - 2)).map((piece) => piece.count);
  const boxes = outer.reduce((a, b) => a * b, 1);
  for (let box = 0; box < boxes; box++) {
    let from = first;
    let rest = box;
    for (let axis = outer.length - 1; axis >= 0; axis--) {
      from += (rest % outer[axis]!) * step(axis);
      rest = Math.floor(rest / outer[axis]!);
    }
    const to = target + box * boxBytes;
    if (isRow) {
      const [rows, planes] = [count(last - 1), count(last - 2)];
      kernels.copyBox(to, from, rowBytes, rows, rowBytes, step(last - 1), planes, planeBytes, step(last - 2));
      continue;
    }
    for (let plane = 0; plane < count(last - 2); plane++) {
      for (let row = 0; row < count(last - 1); row++) {
        const source = from + plane * step(last - 2) + row * step(last - 1);
        kernels.gatherElements(to + plane * planeBytes + row * rowBytes, source, count(last), elementBytes, step(last));
      }
    }
  }
}

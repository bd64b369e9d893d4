import { type Codec, checkLength } from './codec.js';

/** Rows and columns that are exchanged at once: both sides stay in a core's cache. */
const TILE = 32;

/** A dimension of the decoded array: its length, and how far apart its elements lie in the encoded one. */
interface Axis {
  readonly length: number;
  readonly stride: number;
}

/** Anything whose elements are copied one by one. */
interface Elements {
  readonly length: number;
  [index: number]: unknown;
}

/** `transpose` of Zarr v3: dimension i of the encoded array is dimension `order[i]` of the decoded one. */
export function transposeCodec(
  name: string,
  shape: readonly number[],
  order: readonly number[],
  itemBytes: number,
): Codec {
  const { wordBytes, perItem } = wordsOf(itemBytes);
  const axes = transposedAxes(shape, order).map(({ length, stride }) => ({ length, stride: stride * perItem }));
  const merged = mergeAxes([...axes, { length: perItem, stride: 1 }]);
  return {
    name,
    decode(source, target) {
      checkLength(name, 'encoded data', source.length, target.length);
      const to = wordsAt(target, wordBytes);
      permute(wordsAt(source, wordBytes), to, merged);
      if (to.buffer !== target.buffer) target.set(new Uint8Array(to.buffer, to.byteOffset, to.byteLength));
    },
  };
}

/** The same for elements that are JavaScript values. */
export function transposeItems<T>(items: readonly T[], shape: readonly number[], order: readonly number[]): T[] {
  const target = new Array<T>(items.length);
  permute(items as T[], target, mergeAxes(transposedAxes(shape, order)));
  return target;
}

/** Whether it is an order of that many dimensions. */
export function isOrder(order: readonly unknown[], dimensions: number): order is number[] {
  return order.length === dimensions && Array.from(order.keys()).every((dimension) => order.includes(dimension));
}

function transposedAxes(shape: readonly number[], order: readonly number[]): Axis[] {
  const axes = new Array<Axis>(shape.length);
  let stride = 1;
  for (let i = order.length - 1; i >= 0; i--) {
    const length = shape[order[i]!]!;
    axes[order[i]!] = { length, stride };
    stride *= length;
  }
  return axes;
}

/** Without dimensions of one element, and with neighbours in one where they are one run of the source. */
function mergeAxes(axes: readonly Axis[]): Axis[] {
  const merged: Axis[] = [];
  for (const axis of axes) {
    if (axis.length === 1) continue;
    const before = merged.at(-1);
    if (before !== undefined && before.stride === axis.stride * axis.length) {
      merged[merged.length - 1] = { length: before.length * axis.length, stride: axis.stride };
    } else merged.push(axis);
  }
  return merged;
}

/** Copies `source` to `target` in the order of the axes. */
function permute(source: Elements, target: Elements, axes: readonly Axis[]): void {
  if (target.length === 0) return;
  const last = axes.at(-1);
  if (last === undefined) {
    target[0] = source[0];
    return;
  }
  // The axis along which the source is contiguous makes a plane with the one along which the target is.
  const runs = axes.findIndex(({ stride }) => stride === 1);
  const isRow = runs === axes.length - 1;
  const outer = axes.slice(0, -1).map((axis, i) => ({ ...axis, step: stepOf(axes, i) }));
  const plane = isRow ? undefined : outer.splice(runs, 1)[0];
  const counters = outer.map(() => 0);
  let from = 0;
  let to = 0;
  for (;;) {
    if (plane === undefined) for (let i = 0; i < last.length; i++) target[to + i] = source[from + i * last.stride];
    else copyPlane(source, from, target, to, plane.length, plane.step, last.length, last.stride);
    let axis = outer.length - 1;
    for (; axis >= 0; axis--) {
      const { length, stride, step } = outer[axis]!;
      from += stride;
      to += step;
      if (++counters[axis]! < length) break;
      from -= stride * length;
      to -= step * length;
      counters[axis] = 0;
    }
    if (axis < 0) return;
  }
}

/** How far apart the elements of an axis lie in the target. */
function stepOf(axes: readonly Axis[], axis: number): number {
  return axes.slice(axis + 1).reduce((step, { length }) => step * length, 1);
}

/** Rows are contiguous in the target, columns in the source. */
function copyPlane(
  source: Elements,
  from: number,
  target: Elements,
  to: number,
  rows: number,
  rowStep: number,
  columns: number,
  columnStride: number,
): void {
  for (let row = 0; row < rows; row += TILE) {
    const rowEnd = Math.min(row + TILE, rows);
    for (let column = 0; column < columns; column += TILE) {
      const columnEnd = Math.min(column + TILE, columns);
      for (let r = row; r < rowEnd; r++) {
        const read = from + r;
        const write = to + r * rowStep;
        for (let c = column; c < columnEnd; c++) target[write + c] = source[read + c * columnStride];
      }
    }
  }
}

/** Elements are moved by the largest words that they are made of. */
function wordsOf(itemBytes: number): { readonly wordBytes: number; readonly perItem: number } {
  const wordBytes = [8, 4, 2].find((bytes) => itemBytes % bytes === 0) ?? 1;
  return { wordBytes, perItem: itemBytes / wordBytes };
}

function wordsAt(bytes: Uint8Array, wordBytes: number) {
  const { buffer, byteOffset, length } = bytes.byteOffset % wordBytes === 0 ? bytes : bytes.slice();
  if (wordBytes === 8) return new BigUint64Array(buffer, byteOffset, length / 8);
  if (wordBytes === 4) return new Uint32Array(buffer, byteOffset, length / 4);
  if (wordBytes === 2) return new Uint16Array(buffer, byteOffset, length / 2);
  return new Uint8Array(buffer, byteOffset, length);
}

import type { CropBox } from './crop-plan.js';
import { rowMajorStrides } from './grid.js';

/** A run of bytes of a raw chunk that is read at once, and the boxes whose elements all lie in it. */
export interface RawPart {
  /** In the chunk, in bytes. */
  readonly offset: number;
  readonly length: number;
  readonly boxes: readonly CropBox[];
}

export interface RawLimits {
  /** The largest gap that is read along, in bytes. */
  readonly gapBytesMax: number;
  /** A part that holds more than one run of elements is at most so long. */
  readonly partBytesMax: number;
}

interface BoxRun {
  readonly offset: number;
  readonly length: number;
  readonly box: CropBox;
}

/** What must be read of a chunk whose bytes are its elements in row-major order: parts in the order of the chunk. */
export function rawParts(
  boxes: readonly CropBox[],
  chunkShape: readonly number[],
  itemBytes: number,
  limits: RawLimits,
): RawPart[] {
  const strides = rowMajorStrides(chunkShape, itemBytes);
  const runs = boxes.flatMap((box) => splitBox(box, strides, itemBytes, limits));
  runs.sort((a, b) => a.offset - b.offset);
  const parts: { offset: number; length: number; boxes: CropBox[] }[] = [];
  for (const { offset, length, box } of runs) {
    const last = parts.at(-1);
    const end = last && Math.max(last.offset + last.length, offset + length);
    const fits = last && offset - (last.offset + last.length) <= limits.gapBytesMax;
    if (last === undefined || !fits || end! - last.offset > limits.partBytesMax) {
      parts.push({ offset, length, boxes: [box] });
      continue;
    }
    last.length = end! - last.offset;
    last.boxes.push(box);
  }
  return parts;
}

/** Cuts a box along its outer axes, as often as there are gaps in it that are not worth reading. */
function splitBox(box: CropBox, strides: readonly number[], itemBytes: number, limits: RawLimits): BoxRun[] {
  const { source, count } = box;
  const offset = source.reduce((sum, at, axis) => sum + at * strides[axis]!, 0);
  let length = itemBytes;
  let gapBytes = 0;
  for (let axis = count.length - 1; axis >= 0; axis--) {
    if (count[axis] === 1) continue;
    gapBytes = Math.max(gapBytes, strides[axis]! - length);
    length += (count[axis]! - 1) * strides[axis]!;
  }
  const isRun = gapBytes === 0;
  if (isRun || (gapBytes <= limits.gapBytesMax && length <= limits.partBytesMax)) return [{ offset, length, box }];
  const outer = count.findIndex((elements) => elements > 1);
  return Array.from({ length: count[outer]! }, (_, i) => ({
    crop: box.crop,
    source: replaced(source, outer, source[outer]! + i),
    target: replaced(box.target, outer, box.target[outer]! + i),
    count: replaced(count, outer, 1),
  })).flatMap((slice) => splitBox(slice, strides, itemBytes, limits));
}

function replaced(numbers: readonly number[], at: number, value: number): number[] {
  return numbers.map((number, i) => (i === at ? value : number));
}

import type { Box } from './grid.js';

/** A part of a crop that lies in one chunk; its target is the first element in the crop. */
export interface CropBox extends Omit<Box, 'step'> {
  /** Which crop of the batch. */
  readonly crop: number;
}

/** A chunk and what crops take of it. Plain data. */
export interface CropChunk {
  /** Its place in the grid. */
  readonly chunk: readonly number[];
  readonly boxes: readonly CropBox[];
}

/** What a crop has of a row of chunks, along one axis. */
interface Side {
  /** Of the chunks, and of the shards that they lie in. */
  readonly at: number;
  readonly shard: number;
  readonly source: number;
  readonly target: number;
  readonly count: number;
}

/** What a crop has of one chunk: a side for each axis. */
interface Part {
  readonly crop: number;
  readonly sides: readonly Side[];
}

/**
 * The chunks that a batch of crops touches, each once: shard after shard, in each of which the last axis varies fastest.
 *
 * @param origins the first element of each crop.
 * @param size elements of a crop along each axis.
 */
export function planCrops(
  origins: readonly (readonly number[])[],
  size: readonly number[],
  chunkShape: readonly number[],
  shardShape: readonly number[] = chunkShape,
): CropChunk[] {
  const parts: Part[] = [];
  for (const [crop, origin] of origins.entries()) {
    const axes = origin.map((start, axis) => sidesOf(start, size[axis]!, chunkShape[axis]!, shardShape[axis]!));
    addParts(parts, crop, axes, []);
  }
  // Sorting finds what is the same in less time, and with less garbage, than keys would.
  parts.sort((a, b) => comparePlaces(a.sides, b.sides) || a.crop - b.crop);
  const chunks: CropChunk[] = [];
  let boxes: CropBox[] = [];
  for (const [i, { crop, sides }] of parts.entries()) {
    if (i === 0 || comparePlaces(parts[i - 1]!.sides, sides) !== 0) {
      boxes = [];
      chunks.push({ chunk: sides.map(({ at }) => at), boxes });
    }
    boxes.push({
      crop,
      source: sides.map(({ source }) => source),
      target: sides.map(({ target }) => target),
      count: sides.map(({ count }) => count),
    });
  }
  return chunks;
}

/** The chunks under a crop along one axis. */
function sidesOf(start: number, size: number, chunkLength: number, shardLength: number): Side[] {
  const first = Math.floor(start / chunkLength);
  const chunks = Math.floor((start + size - 1) / chunkLength) - first + 1;
  return Array.from({ length: chunks }, (_, i) => {
    const at = first + i;
    const begin = at * chunkLength;
    const from = Math.max(begin, start);
    const to = Math.min(begin + chunkLength, start + size);
    const shard = Math.floor(begin / shardLength);
    return { at, shard, source: from - begin, target: from - start, count: to - from };
  });
}

/** All combinations of one side of each axis. */
function addParts(parts: Part[], crop: number, axes: readonly (readonly Side[])[], before: readonly Side[]): void {
  const along = axes[before.length];
  if (along === undefined) parts.push({ crop, sides: before });
  else for (const side of along) addParts(parts, crop, axes, [...before, side]);
}

/** By shard, then by chunk. */
function comparePlaces(a: readonly Side[], b: readonly Side[]): number {
  for (let axis = 0; axis < a.length; axis++) {
    const order = a[axis]!.shard - b[axis]!.shard;
    if (order !== 0) return order;
  }
  for (let axis = 0; axis < a.length; axis++) {
    const order = a[axis]!.at - b[axis]!.at;
    if (order !== 0) return order;
  }
  return 0;
}

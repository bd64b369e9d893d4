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
  const perShard = shardShape.map((length, axis) => length / chunkShape[axis]!);
  const shardOf = ({ chunk }: CropChunk) => chunk.map((at, axis) => Math.floor(at / perShard[axis]!));
  const found = new Map<string, { chunk: readonly number[]; boxes: CropBox[] }>();
  for (const [crop, origin] of origins.entries()) {
    for (const chunk of chunksUnder(origin, size, chunkShape)) {
      const key = chunk.join();
      const known = found.get(key) ?? { chunk, boxes: [] };
      if (known.boxes.length === 0) found.set(key, known);
      known.boxes.push(boxIn(chunk, crop, origin, size, chunkShape));
    }
  }
  const placed = [...found.values()].map((chunk) => ({ chunk, shard: shardOf(chunk) }));
  placed.sort((a, b) => comparePlaces(a.shard, b.shard) || comparePlaces(a.chunk.chunk, b.chunk.chunk));
  return placed.map(({ chunk }) => chunk);
}

function chunksUnder(origin: readonly number[], size: readonly number[], chunkShape: readonly number[]): number[][] {
  let places: number[][] = [[]];
  for (const [axis, start] of origin.entries()) {
    const first = Math.floor(start / chunkShape[axis]!);
    const last = Math.floor((start + size[axis]! - 1) / chunkShape[axis]!);
    const along = Array.from({ length: last - first + 1 }, (_, i) => first + i);
    places = places.flatMap((place) => along.map((at) => [...place, at]));
  }
  return places;
}

function boxIn(
  chunk: readonly number[],
  crop: number,
  origin: readonly number[],
  size: readonly number[],
  chunkShape: readonly number[],
): CropBox {
  const source: number[] = [];
  const target: number[] = [];
  const count: number[] = [];
  for (const [axis, at] of chunk.entries()) {
    const begin = at * chunkShape[axis]!;
    const from = Math.max(begin, origin[axis]!);
    const to = Math.min(begin + chunkShape[axis]!, origin[axis]! + size[axis]!);
    source.push(from - begin);
    target.push(from - origin[axis]!);
    count.push(to - from);
  }
  return { crop, source, target, count };
}

function comparePlaces(a: readonly number[], b: readonly number[]): number {
  const axis = a.findIndex((at, i) => at !== b[i]);
  return axis < 0 ? 0 : a[axis]! - b[axis]!;
}

import { LsioError } from '../errors.js';
import { type AxisRun, type AxisSelection, countOf, type Selection } from './selection.js';

/** A part of a chunk and where it goes; one number for each axis. */
export interface Box {
  /** The first element in the chunk. */
  readonly source: readonly number[];
  /** From one element in the chunk to the next; negative steps go backwards. */
  readonly step: readonly number[];
  readonly count: readonly number[];
  /** The first element in the output, which has a place for each selected element, also along axes that are dropped. */
  readonly target: readonly number[];
}

/** What to take of one chunk. Plain data. */
export interface ChunkTask {
  /** The chunk's place in the grid. */
  readonly chunk: readonly number[];
  /** Most often one; more where an axis is selected in several runs. */
  readonly boxes: readonly Box[];
}

/** A part of a chunk along one axis, and where it goes, as in {@link Box}. */
interface AxisPiece {
  readonly source: number;
  readonly step: number;
  readonly count: number;
  readonly target: number;
}

/** The chunks that a selection touches along one axis. */
interface AxisChunks {
  /** How many there are. */
  readonly count: number;
  at(index: number): { readonly chunk: number; readonly pieces: readonly AxisPiece[] };
}

/** Chunks along each axis. */
export function gridShape(shape: readonly number[], chunkShape: readonly number[]): number[] {
  return shape.map((length, axis) => Math.ceil(length / (chunkShape[axis] ?? 1)));
}

/** The product of lengths; exact, whatever they are. */
export function countExactly(lengths: Iterable<number>): bigint {
  let product = 1n;
  for (const length of lengths) product *= BigInt(length);
  return product;
}

/** Bytes of an array or chunk; undefined when they are more than a double counts exactly. */
export function byteLengthOf(shape: readonly number[], itemBytes: number): number | undefined {
  const bytes = countExactly([...shape, itemBytes]);
  return bytes <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(bytes) : undefined;
}

/** How far apart neighbours along each axis lie in row-major order: in bytes, or with 1 in elements. */
export function rowMajorStrides(shape: readonly number[], itemSize: number): number[] {
  const strides = new Array<number>(shape.length);
  let stride = itemSize;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/**
 * The chunks that a selection touches, each with what to take of it: nothing is listed in advance, so that a plan of any
 * size takes no memory, and workers that are told the same shape and selection make the same plan.
 */
export class TaskPlan {
  /** How many chunks are touched. */
  readonly count: number;
  readonly #axes: readonly AxisChunks[];
  readonly #blocks: readonly AxisBlocks[] | undefined;

  /**
   * @param shardShape of shards: the chunks of one follow one another. Absent: the last axis varies fastest.
   * @throws {LsioError} `too-large` for more chunks than a double counts.
   */
  constructor(chunkShape: readonly number[], selection: Selection, shardShape?: readonly number[]) {
    this.#axes = selection.map((axis, i) => chunksAlong(axis, chunkShape[i] ?? 1));
    const count = countExactly(this.#axes.map((axis) => axis.count));
    if (count > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new LsioError('too-large', `the selection touches ${count} chunks`);
    }
    this.count = Number(count);
    this.#blocks = shardShape && this.#axes.map((axis, i) => blocksOf(axis, shardShape[i]! / chunkShape[i]!));
  }

  /** @param index from 0 to `count - 1` */
  at(index: number): ChunkTask {
    const places = this.#blocks === undefined ? this.#placesAt(index) : this.#placesInBlocks(index, this.#blocks);
    const found = places.map((place, axis) => this.#axes[axis]!.at(place));
    return { chunk: found.map(({ chunk }) => chunk), boxes: boxesOf(found) };
  }

  *[Symbol.iterator](): Iterator<ChunkTask> {
    for (let index = 0; index < this.count; index++) yield this.at(index);
  }

  #placesAt(index: number): number[] {
    const places = new Array<number>(this.#axes.length);
    let rest = index;
    for (let i = places.length - 1; i >= 0; i--) {
      const { count } = this.#axes[i]!;
      places[i] = rest % count;
      rest = Math.floor(rest / count);
    }
    return places;
  }

  /** Block after block, in each of which the last axis varies fastest. */
  #placesInBlocks(index: number, blocks: readonly AxisBlocks[]): number[] {
    const begins = new Array<number>(blocks.length);
    const lengths = new Array<number>(blocks.length);
    let rest = index;
    let behind = this.count;
    // So many chunks lie in one place of the blocks along the axes before.
    let before = 1;
    for (const [axis, { count, blockOf }] of blocks.entries()) {
      behind /= count;
      const { begin, length } = blockOf(Math.floor(rest / (before * behind)));
      rest -= begin * before * behind;
      before *= length;
      begins[axis] = begin;
      lengths[axis] = length;
    }
    const places = new Array<number>(begins.length);
    for (let i = places.length - 1; i >= 0; i--) {
      places[i] = begins[i]! + (rest % lengths[i]!);
      rest = Math.floor(rest / lengths[i]!);
    }
    return places;
  }
}

/** Runs of places along an axis whose chunks lie in the same shard. */
interface AxisBlocks {
  /** Places along the axis. */
  readonly count: number;
  blockOf(place: number): AxisBlock;
}

interface AxisBlock {
  readonly begin: number;
  readonly length: number;
}

/** @param perBlock chunks of a shard along the axis. */
function blocksOf({ count, at }: AxisChunks, perBlock: number): AxisBlocks {
  const blockAt = (place: number) => Math.floor(at(place).chunk / perBlock);
  /** Of the places from `near` to `far`, the last one in the same block as `near`. */
  function lastOf(near: number, far: number): number {
    const block = blockAt(near);
    let [last, beyond] = [near, far];
    while (last !== beyond) {
      const middle = beyond > last ? Math.ceil((last + beyond) / 2) : Math.floor((last + beyond) / 2);
      if (blockAt(middle) === block) last = middle;
      else beyond = middle + Math.sign(last - beyond);
    }
    return last;
  }
  // Most often it is the one of the place before.
  let known: AxisBlock = { begin: 0, length: 0 };
  function blockOf(place: number): AxisBlock {
    if (place >= known.begin && place < known.begin + known.length) return known;
    const begin = lastOf(place, Math.max(0, place - perBlock + 1));
    known = { begin, length: lastOf(place, Math.min(count - 1, place + perBlock - 1)) - begin + 1 };
    return known;
  }
  return { count, blockOf };
}

/** The places of the chunks of a plan. */
export function* chunksOf(plan: TaskPlan): Generator<readonly number[]> {
  for (const { chunk } of plan) yield chunk;
}

/** All combinations of one piece of each axis. */
function boxesOf(axes: readonly { readonly pieces: readonly AxisPiece[] }[]): Box[] {
  // Most often there is one of each.
  if (axes.every(({ pieces }) => pieces.length === 1)) return [boxOf(axes.map(({ pieces }) => pieces[0]!))];
  let combinations: (readonly AxisPiece[])[] = [[]];
  for (const { pieces } of axes) {
    combinations = combinations.flatMap((before) => pieces.map((piece) => [...before, piece]));
  }
  return combinations.map(boxOf);
}

function boxOf(pieces: readonly AxisPiece[]): Box {
  return {
    source: pieces.map(({ source }) => source),
    step: pieces.map(({ step }) => step),
    count: pieces.map(({ count }) => count),
    target: pieces.map(({ target }) => target),
  };
}

/** @param chunk elements of a chunk along the axis. */
export function chunksAlong({ runs }: AxisSelection, chunk: number): AxisChunks {
  const [run] = runs;
  if (run === undefined) return { count: 0, at: () => ({ chunk: 0, pieces: [] }) };
  if (runs.length === 1) return planRun(run, chunk);
  // Several runs may meet in one chunk: it is still touched once.
  const found = new Map<number, AxisPiece[]>();
  let target = 0;
  for (const part of runs) {
    const plan = planRun(part, chunk);
    for (let i = 0; i < plan.count; i++) {
      const { chunk: at, pieces } = plan.at(i);
      const all = found.get(at) ?? [];
      found.set(at, all);
      for (const piece of pieces) all.push({ ...piece, target: piece.target + target });
    }
    target += part.count;
  }
  const chunks = [...found].sort(([a], [b]) => a - b).map(([at, pieces]) => ({ chunk: at, pieces }));
  return { count: chunks.length, at: (index) => chunks[index]! };
}

function planRun({ start, step, count }: AxisRun, chunk: number): AxisChunks {
  const size = Math.abs(step);
  if (size >= chunk) {
    // No two elements share a chunk.
    return {
      count,
      at(index) {
        const at = Math.floor((start + index * step) / chunk);
        return { chunk: at, pieces: [{ source: start + index * step - at * chunk, step, count: 1, target: index }] };
      },
    };
  }
  const first = Math.floor(start / chunk);
  const last = Math.floor((start + (count - 1) * step) / chunk);
  return {
    count: count === 0 ? 0 : Math.abs(last - first) + 1,
    at(index) {
      const at = step > 0 ? first + index : first - index;
      // Elements `from` to `to` of the run lie in this chunk.
      const before = step > 0 ? at * chunk - start : start - ((at + 1) * chunk - 1);
      const within = step > 0 ? (at + 1) * chunk - 1 - start : start - at * chunk;
      const from = Math.max(0, Math.ceil(before / size));
      const to = Math.min(count - 1, Math.floor(within / size));
      const source = start + from * step - at * chunk;
      return { chunk: at, pieces: [{ source, step, count: to - from + 1, target: from }] };
    },
  };
}

/** Elements along each axis of what is selected, dropped axes included: they have one. */
export function selectedShape(selection: Selection): number[] {
  return selection.map(countOf);
}

import { fillWith } from '../array/scalar.js';
import { LsioError } from '../errors.js';
import type { ChunkDecoder, ChunkedArray } from '../formats/chunked-array.js';
import { type KernelChoice, kernelMemory, loadKernels } from '../kernels/kernels.js';
import type { Signal } from '../read/abort.js';
import type { DirectChoice } from '../store/local/direct.js';
import type { StoredChunk } from './chunk-reader.js';
import { forEachChunk } from './chunk-stream.js';
import { denseBox } from './dense-box.js';
import { type ElementFormat, Preparation, storedBytes } from './elements.js';
import { addBox } from './layout.js';
import { openReducer, type Pass, reducerBytes, wantedFormat } from './pass.js';
import type { Column, Piece, ReductionPlan } from './plan.js';
import type { Reducer } from './reducer.js';

/** Leaves of a plan, `to` excluded. */
export interface LeafRange {
  readonly from: number;
  readonly to: number;
}

export interface ReductionSource {
  readonly array: ChunkedArray;
  readonly decoder: ChunkDecoder;
  readonly format: ElementFormat;
}

export interface ReductionWork {
  readonly plan: ReductionPlan;
  readonly pass: Pass;
  /** Is given each leaf's state when it is finished, in the order of the leaves. */
  readonly onLeaf: (leaf: number, column: Column, state: unknown) => void;
  readonly onChunk?: ((chunk: ChunkOutcome) => void) | undefined;
  /** A chunk that can't be read or decoded is left out and counted. @default false */
  readonly skipErrors?: boolean | undefined;
  /** A chunk that is not stored is an error. @default false */
  readonly missingIsError?: boolean | undefined;
  readonly kernels?: KernelChoice | undefined;
  /** Whether chunks are read past the page cache. @default 'auto' */
  readonly direct?: DirectChoice | undefined;
  readonly signal?: Signal | undefined;
}

/** What became of one chunk. */
export interface ChunkOutcome {
  readonly bytesRead: number;
  readonly bytesDecoded: number;
  readonly missing: boolean;
  readonly failed: LsioError | undefined;
}

/** What is to be done with a chunk that is being read. */
interface Item {
  readonly leaf: number;
  readonly column: Column;
  readonly positions: readonly number[];
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/**
 * The loop of a worker, on the thread that calls it: claims leaves, reads and decodes their chunks, and reduces them
 * where the decoder put them. Chunks of the next leaves are read meanwhile.
 *
 * @param claim the next leaves to do; undefined when there are no more. It is asked while chunks are in flight.
 * @throws {LsioError} as the store and the decoder, naming the chunk.
 */
export async function reduceSegments(
  { array, decoder, format }: ReductionSource,
  work: ReductionWork,
  claim: () => LeafRange | undefined,
): Promise<void> {
  const { plan, signal, direct, onChunk } = work;
  const pending: Item[] = [];
  const reduction = new ChunkReduction(array, decoder, format, work);
  function* chunks(): Generator<readonly number[]> {
    for (const item of itemsOf(plan, claim)) {
      pending.push(item);
      yield plan.chunkAt(item.positions);
    }
  }
  await forEachChunk(array, chunks(), { chunkBytes: reduction.chunkBytes, direct, signal }, (stored) => {
    const outcome = reduction.add(pending.shift()!, stored);
    onChunk?.(outcome);
  });
}

function* itemsOf(plan: ReductionPlan, claim: () => LeafRange | undefined): Generator<Item> {
  let column: Column | undefined;
  for (let range = claim(); range !== undefined; range = claim()) {
    for (let leaf = range.from; leaf < range.to; leaf++) {
      if (column === undefined || leaf < column.firstLeaf || leaf >= column.firstLeaf + column.leaves) {
        column = plan.columnOfLeaf(leaf);
      }
      const all = [...plan.chunksOf(column, leaf)];
      for (const [i, positions] of all.entries()) {
        yield { leaf, column, positions, isFirst: i === 0, isLast: i === all.length - 1 };
      }
    }
  }
}

/** Bytes for results of kernels. */
const OUT_BYTES = 128;
/** A converted element, and the float32 that a float16 becomes on the way. */
const SCRATCH_BYTES_PER_ELEMENT = 12;

/** The memory in which chunks are decoded and reduced, and what is in it. */
class ChunkReduction {
  readonly chunkBytes: number;
  readonly #array: ChunkedArray;
  readonly #decoder: ChunkDecoder;
  readonly #work: ReductionWork;
  readonly #kernels;
  readonly #preparation: Preparation;
  readonly #elementBytes: number;
  readonly #chunk: number;
  readonly #dense: number;
  readonly #area: number;
  #column: Column | undefined;
  #reducer: Reducer<unknown> | undefined;

  constructor(array: ChunkedArray, decoder: ChunkDecoder, format: ElementFormat, work: ReductionWork) {
    this.#array = array;
    this.#decoder = decoder;
    this.#work = work;
    this.#elementBytes = storedBytes(format);
    const elements = array.chunkShape.reduce((a, b) => a * b, 1);
    this.chunkBytes = elements * this.#elementBytes;
    const room = align(this.chunkBytes);
    this.#chunk = OUT_BYTES;
    this.#dense = this.#chunk + room;
    const scratch = this.#dense + room;
    this.#area = scratch + align(elements * SCRATCH_BYTES_PER_ELEMENT);
    const { plan, pass } = work;
    // What a preparation makes of elements does not depend on the memory.
    const probe = new Preparation(
      loadKernels({ buffer: new ArrayBuffer(0) }, 'js'),
      format,
      wantedFormat(pass, format),
      0,
    );
    const bytes = this.#area + reducerBytes(pass, probe.prepared, cellsMax(plan, array.chunkShape));
    this.#kernels = loadKernels(kernelMemory(bytes), work.kernels);
    this.#preparation = new Preparation(this.#kernels, format, wantedFormat(pass, format), scratch);
  }

  add(item: Item, stored: StoredChunk): ChunkOutcome {
    if (item.column.index !== this.#column?.index) this.#openColumn(item.column);
    const reducer = this.#reducer!;
    if (item.isFirst) reducer.init(item.column.cells);
    const { error, missing } = this.#decode(stored);
    if (error !== undefined && this.#work.skipErrors !== true) throw error;
    if (error === undefined) {
      for (const pieces of boxesOf(this.#work.plan, item.positions)) this.#addBox(reducer, item.column, pieces);
    }
    if (item.isLast) this.#work.onLeaf(item.leaf, item.column, reducer.finish());
    const bytesRead = stored.bytes?.length ?? 0;
    const bytesDecoded = error === undefined && !missing ? this.chunkBytes : 0;
    return { bytesRead, bytesDecoded, missing, failed: error };
  }

  #openColumn(column: Column): void {
    this.#column = column;
    const { prepared } = this.#preparation;
    this.#reducer = openReducer(this.#kernels, this.#work.pass, prepared, column, 0, this.#area);
  }

  #addBox(reducer: Reducer<unknown>, column: Column, pieces: readonly Piece[]): void {
    const chunk = { address: this.#chunk, shape: this.#array.chunkShape, elementBytes: this.#elementBytes };
    const count = pieces.reduce((product, piece) => product * piece.count, 1);
    const dense = denseBox(this.#kernels, chunk, pieces, this.#dense);
    const address = this.#preparation.prepare(dense, count);
    const elementBytes = Number.parseInt(this.#preparation.prepared.type.slice(1), 10) / 8;
    addBox(reducer, this.#work.plan.axes, column, { pieces, address, elementBytes });
  }

  /** Decodes to the kernels' memory; a chunk that is not stored is the fill value. */
  #decode({ name, bytes, detail, error }: StoredChunk): { error: LsioError | undefined; missing: boolean } {
    if (error !== undefined) return { error, missing: false };
    const target = new Uint8Array(this.#kernels.buffer, this.#chunk, this.chunkBytes);
    if (bytes === undefined) {
      const refused = this.#work.missingIsError === true;
      const text = `${name}: the chunk is not stored, and missing chunks are an error here`;
      if (refused) return { error: new LsioError('format', text, { path: name }), missing: true };
      fillWith(target, this.#array.fill as Uint8Array);
      return { error: undefined, missing: true };
    }
    try {
      this.#decoder.decode(bytes, target, detail);
      return { error: undefined, missing: false };
    } catch (cause) {
      if (!(cause instanceof LsioError)) throw cause;
      const failure = new LsioError(cause.kind, `${name}: ${cause.message}`, { ...cause, path: name, cause });
      return { error: failure, missing: false };
    }
  }
}

/** Cells of the largest column. */
function cellsMax(plan: ReductionPlan, chunkShape: readonly number[]): number {
  const extents = plan.axes.map(({ kept, length }, axis) => (kept ? Math.min(length, chunkShape[axis]!) : 1));
  const groups = plan.columnAt(0).group === undefined ? (plan.groups?.keys.length ?? 1) : 1;
  return extents.reduce((a, b) => a * b, 1) * groups;
}

/** Every combination of pieces along the axes. */
function boxesOf(plan: ReductionPlan, positions: readonly number[]): Piece[][] {
  let boxes: Piece[][] = [[]];
  for (const [axis, { piecesAt }] of plan.axes.entries()) {
    const { pieces } = piecesAt(positions[axis]!);
    boxes = boxes.flatMap((box) => pieces.map((piece) => [...box, piece]));
  }
  return boxes;
}

function align(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}

import { fillWith } from '../array/scalar.js';
import { LsioError } from '../errors.js';
import { type KernelChoice, kernelMemory, loadKernels } from '../kernels/kernels.js';
import { Fifo } from '../read/fifo.js';
import type { StoredChunk } from './chunk-reader.js';
import { forEachClaimedChunk } from './chunk-stream.js';
import { denseBox } from './dense-box.js';
import { Preparation, storedBytes } from './elements.js';
import { addBox } from './layout.js';
import { openReducer, type Pass, reducerBytes, wantedFormat } from './pass.js';
import type { Column, Piece, ReductionPlan } from './plan.js';
import type { Reducer } from './reducer.js';
import { formatOf, planOf, type StatsSpec } from './stats-spec.js';
import type { Job } from './workers/job.js';
import { type PlainError, plainError } from './workers/plain-error.js';

/** What is reduced: a task is a leaf of the plan. Plain data. */
export interface ReduceSpec {
  readonly stats: StatsSpec;
  readonly pass: Pass;
  /** The leaf that is task 0. */
  readonly firstLeaf: number;
  /** A chunk that can't be read or decoded is left out and counted. @default false */
  readonly skipErrors?: boolean | undefined;
  /** A chunk that is not stored is an error. @default false */
  readonly missingIsError?: boolean | undefined;
  readonly kernels?: KernelChoice | undefined;
}

/** The state of a leaf, or why a chunk was left out. */
export type ReduceResult = { readonly leaf: number; readonly state: unknown } | { readonly failed: PlainError };

/** What is to be done with a chunk that is being read. */
interface Item {
  readonly leaf: number;
  readonly column: Column;
  readonly positions: readonly number[];
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/**
 * Reads and decodes the chunks of leaves, and reduces them where the decoder put them. Chunks of the next leaves are read
 * meanwhile.
 *
 * @throws {LsioError} as the store and the decoder, naming the chunk.
 */
export async function reduceBody(spec: ReduceSpec, job: Job<ReduceResult>): Promise<void> {
  const { array, direct, signal } = job;
  const plan = planOf(spec.stats, spec.pass.kind);
  const pending = new Fifo<Item>();
  const reduction = new ChunkReduction(plan, spec, job);
  let column: Column | undefined;
  function* chunksOf(from: number, to: number): Generator<readonly number[]> {
    for (let leaf = from; leaf < to; leaf++) {
      if (column === undefined || leaf < column.firstLeaf || leaf >= column.firstLeaf + column.leaves) {
        column = plan.columnOfLeaf(leaf);
      }
      const all = [...plan.chunksOf(column, leaf)];
      for (const [i, positions] of all.entries()) {
        pending.push({ leaf, column, positions, isFirst: i === 0, isLast: i === all.length - 1 });
        yield plan.chunkAt(positions);
      }
    }
  }
  function claim() {
    const range = job.claim();
    return range && chunksOf(spec.firstLeaf + range.from, spec.firstLeaf + range.to);
  }
  await forEachClaimedChunk(array, claim, { chunkBytes: reduction.chunkBytes, direct, signal }, (stored) => {
    signal.throwIfAborted();
    reduction.add(pending.shift()!, stored);
  });
}

/** Bytes for results of kernels. */
const OUT_BYTES = 128;
/** A smaller state is copied as fast. */
const TRANSFER_BYTES_MIN = 4096;
/** A converted element, and the float32 that a float16 becomes on the way. */
const SCRATCH_BYTES_PER_ELEMENT = 12;

/** The memory in which chunks are decoded and reduced, and what is in it. */
class ChunkReduction {
  readonly chunkBytes: number;
  readonly #plan: ReductionPlan;
  readonly #spec: ReduceSpec;
  readonly #job: Job<ReduceResult>;
  readonly #kernels;
  readonly #preparation: Preparation;
  readonly #elementBytes: number;
  readonly #chunk: number;
  readonly #dense: number;
  readonly #area: number;
  #column: Column | undefined;
  #reducer: Reducer<unknown> | undefined;

  constructor(plan: ReductionPlan, spec: ReduceSpec, job: Job<ReduceResult>) {
    this.#plan = plan;
    this.#spec = spec;
    this.#job = job;
    const format = formatOf(spec.stats);
    const { pass } = spec;
    const { chunkShape } = job.array;
    this.#elementBytes = storedBytes(format);
    const elements = chunkShape.reduce((a, b) => a * b, 1);
    this.chunkBytes = elements * this.#elementBytes;
    const room = align(this.chunkBytes);
    this.#chunk = OUT_BYTES;
    this.#dense = this.#chunk + room;
    const scratch = this.#dense + room;
    this.#area = scratch + align(elements * SCRATCH_BYTES_PER_ELEMENT);
    // What a preparation makes of elements does not depend on the memory.
    const probe = new Preparation(
      loadKernels({ buffer: new ArrayBuffer(0) }, 'js'),
      format,
      wantedFormat(pass, format),
      0,
    );
    const bytes = this.#area + reducerBytes(pass, probe.prepared, cellsMax(plan, chunkShape));
    this.#kernels = loadKernels(kernelMemory(bytes), spec.kernels);
    this.#preparation = new Preparation(this.#kernels, format, wantedFormat(pass, format), scratch);
  }

  add(item: Item, stored: StoredChunk): void {
    const beganMs = performance.now();
    if (item.column.index !== this.#column?.index) this.#openColumn(item.column);
    const reducer = this.#reducer!;
    if (item.isFirst) reducer.init(item.column.cells);
    const { error, missing } = this.#decode(stored);
    if (error !== undefined && this.#spec.skipErrors !== true) throw error;
    if (error === undefined) {
      for (const pieces of boxesOf(this.#plan, item.positions)) this.#addBox(reducer, item.column, pieces);
    } else this.#job.emit({ failed: plainError(error) });
    if (item.isLast) this.#emit(item.leaf, reducer.finish());
    this.#job.count({
      chunks: 1,
      chunksMissing: missing ? 1 : 0,
      chunksFailed: error === undefined ? 0 : 1,
      bytesRead: stored.bytes?.length ?? 0,
      bytesDecoded: error === undefined && !missing ? this.chunkBytes : 0,
      busyNs: Math.round((performance.now() - beganMs) * 1e6),
    });
  }

  /** Large states are handed over, not copied. */
  #emit(leaf: number, state: unknown): void {
    const isOwn = ArrayBuffer.isView(state) && state.byteLength === state.buffer.byteLength;
    const transfer = isOwn && state.byteLength >= TRANSFER_BYTES_MIN ? [state.buffer as ArrayBuffer] : [];
    this.#job.emit({ leaf, state }, transfer);
  }

  #openColumn(column: Column): void {
    this.#column = column;
    const { prepared } = this.#preparation;
    this.#reducer = openReducer(this.#kernels, this.#spec.pass, prepared, column, 0, this.#area);
  }

  #addBox(reducer: Reducer<unknown>, column: Column, pieces: readonly Piece[]): void {
    const chunk = { address: this.#chunk, shape: this.#job.array.chunkShape, elementBytes: this.#elementBytes };
    const count = pieces.reduce((product, piece) => product * piece.count, 1);
    const dense = denseBox(this.#kernels, chunk, pieces, this.#dense);
    const address = this.#preparation.prepare(dense, count);
    const elementBytes = Number.parseInt(this.#preparation.prepared.type.slice(1), 10) / 8;
    addBox(reducer, this.#plan.axes, column, { pieces, address, elementBytes });
  }

  /** Decodes to the kernels' memory; a chunk that is not stored is the fill value. */
  #decode({ name, bytes, detail, error }: StoredChunk): { error: LsioError | undefined; missing: boolean } {
    if (error !== undefined) return { error, missing: false };
    const target = new Uint8Array(this.#kernels.buffer, this.#chunk, this.chunkBytes);
    if (bytes === undefined) {
      const refused = this.#spec.missingIsError === true;
      const text = `${name}: the chunk is not stored, and missing chunks are an error here`;
      if (refused) return { error: new LsioError('format', text, { path: name }), missing: true };
      fillWith(target, this.#job.array.fill as Uint8Array);
      return { error: undefined, missing: true };
    }
    try {
      this.#job.decoder.decode(bytes, target, detail);
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

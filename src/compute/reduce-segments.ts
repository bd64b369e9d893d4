import { fillWith } from '../array/scalar.js';
import { isLsioError, LsioError } from '../errors.js';
import type { KernelChoice } from '../kernels/kernels.js';
import { Fifo } from '../read/fifo.js';
import { chunkName, decodingError, type StoredChunk } from './chunk-reader.js';
import { forEachClaimedChunk } from './chunk-stream.js';
import { denseBox } from './dense-box.js';
import { storedBytes } from './elements.js';
import { addBox } from './layout.js';
import { openReducer, type Pass } from './pass.js';
import type { Column, Piece, PlannedChunk, ReductionPlan } from './plan.js';
import type { Reducer } from './reducer.js';
import { formatOf, planOf, type StatsSpec } from './stats-spec.js';
import type { Job } from './workers/job.js';
import { type PlainError, plainError } from './workers/plain-error.js';
import { Workplace } from './workplace.js';

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
interface ChunkItem {
  readonly leaf: number;
  readonly column: Column;
  readonly pieces: PlannedChunk['pieces'];
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
  const pending = new Fifo<ChunkItem>();
  const reduction = new ChunkReduction(plan, spec, job);
  function* chunksOf(from: number, to: number): Generator<readonly number[]> {
    for (let leaf = from; leaf < to; leaf++) {
      const column = plan.columnOfLeaf(leaf);
      const all = [...plan.chunksOf(column, leaf)];
      for (const [i, positions] of all.entries()) {
        const { chunk, pieces } = plan.chunkAt(positions);
        pending.push({ leaf, column, pieces, isFirst: i === 0, isLast: i === all.length - 1 });
        yield chunk;
      }
    }
  }
  function claim() {
    const range = job.claim();
    return range && chunksOf(spec.firstLeaf + range.from, spec.firstLeaf + range.to);
  }
  try {
    await forEachClaimedChunk(array, claim, { chunkBytes: reduction.chunkBytes, direct, signal }, (stored) => {
      signal.throwIfAborted();
      reduction.add(pending.shift()!, stored);
    });
  } finally {
    reduction.close();
  }
}

/** A smaller state is copied as fast. */
const TRANSFER_BYTES_MIN = 4096;
/** Reduces one chunk after the other. */
class ChunkReduction {
  readonly chunkBytes: number;
  readonly #plan: ReductionPlan;
  readonly #spec: ReduceSpec;
  readonly #job: Job<ReduceResult>;
  readonly #elementBytes: number;
  readonly #hasOneCell: boolean;
  #workplace: Workplace | undefined;
  #column: Column | undefined;
  #reducer: Reducer<unknown> | undefined;

  constructor(plan: ReductionPlan, spec: ReduceSpec, job: Job<ReduceResult>) {
    this.#plan = plan;
    this.#spec = spec;
    this.#job = job;
    this.#elementBytes = storedBytes(formatOf(spec.stats));
    const { kept, groups, weights } = spec.stats;
    this.#hasOneCell = groups === null && weights === null && !kept.includes(true);
    this.chunkBytes = job.array.chunkShape.reduce((a, b) => a * b, this.#elementBytes);
  }

  close(): void {
    this.#workplace?.close();
  }

  add(item: ChunkItem, stored: StoredChunk): void {
    const beganMs = performance.now();
    this.#workplace ??= this.#openWorkplace(stored.bytes);
    if (item.column.index !== this.#column?.index) this.#openColumn(item.column, this.#workplace);
    const reducer = this.#reducer!;
    if (item.isFirst) reducer.init(item.column.cells);
    const { address, error, missing } = this.#decode(stored, this.#workplace);
    if (error !== undefined && this.#spec.skipErrors !== true) throw error;
    if (error === undefined) {
      if (this.#isOneRun(item.pieces)) this.#addRun(reducer, address, this.#workplace);
      else {
        for (const pieces of boxesOf(item.pieces)) {
          this.#addBox(reducer, item.column, pieces, address, this.#workplace);
        }
      }
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

  #openWorkplace(bytes: Uint8Array | undefined): Workplace {
    const { stats, pass, kernels } = this.#spec;
    const { chunkShape } = this.#job.array;
    const cells = cellsMax(this.#plan, chunkShape);
    return new Workplace({ format: formatOf(stats), pass, chunkShape, cells, kernels }, bytes);
  }

  #openColumn(column: Column, { kernels, preparation, out, area }: Workplace): void {
    this.#column = column;
    this.#reducer = openReducer(kernels, this.#spec.pass, preparation.prepared, column, out, area);
  }

  /** All of a chunk goes to the only cell: most often it does, and then there is little to plan. */
  #isOneRun(pieces: ChunkItem['pieces']): boolean {
    if (!this.#hasOneCell) return false;
    const { chunkShape } = this.#job.array;
    for (let axis = 0; axis < pieces.length; axis++) {
      const [piece] = pieces[axis]!;
      if (pieces[axis]!.length > 1 || piece!.count !== chunkShape[axis] || (piece!.step !== 1 && piece!.count > 1)) {
        return false;
      }
    }
    return true;
  }

  #addRun(reducer: Reducer<unknown>, address: number, { preparation }: Workplace): void {
    const count = this.chunkBytes / this.#elementBytes;
    reducer.addRun(0, { address: preparation.prepare(address, count), count, weight: 1 });
  }

  #addBox(
    reducer: Reducer<unknown>,
    column: Column,
    pieces: readonly Piece[],
    chunk: number,
    { kernels, preparation, dense }: Workplace,
  ): void {
    const decoded = { address: chunk, shape: this.#job.array.chunkShape, elementBytes: this.#elementBytes };
    const count = pieces.reduce((product, piece) => product * piece.count, 1);
    const address = preparation.prepare(denseBox(kernels, decoded, pieces, dense), count);
    const elementBytes = Number.parseInt(preparation.prepared.type.slice(1), 10) / 8;
    addBox(reducer, this.#plan.axes, column, { pieces, address, elementBytes });
  }

  /** Decodes to the kernels' memory, where the chunk isn't there already. One that is not stored is the fill value. */
  #decode({ ref, bytes, detail, error }: StoredChunk, workplace: Workplace): Decoded {
    const address = workplace.chunk;
    if (error !== undefined) return { address, error, missing: false };
    const { array, decoder } = this.#job;
    const target = new Uint8Array(workplace.kernels.buffer, address, this.chunkBytes);
    if (bytes === undefined) {
      if (this.#spec.missingIsError === true) {
        const name = chunkName(ref);
        const text = `${name}: the chunk is not stored, and missing chunks are an error here`;
        return { address, error: new LsioError('format', text, { path: name }), missing: true };
      }
      fillWith(target, array.fill as Uint8Array);
      return { address, error: undefined, missing: true };
    }
    const isChunk = decoder.isRaw && bytes.length === this.chunkBytes;
    const there = isChunk ? workplace.addressOf(bytes) : undefined;
    if (there !== undefined) return { address: there, error: undefined, missing: false };
    try {
      decoder.decode(bytes, target, detail);
      return { address, error: undefined, missing: false };
    } catch (cause) {
      const error = decodingError(ref, cause);
      if (!isLsioError(error)) throw error;
      return { address, error, missing: false };
    }
  }
}

/** How a chunk's bytes were used. */
interface Decoded {
  /** Where its elements are. */
  readonly address: number;
  readonly error: LsioError | undefined;
  readonly missing: boolean;
}

/** Cells of the largest column. */
function cellsMax(plan: ReductionPlan, chunkShape: readonly number[]): number {
  const extents = plan.axes.map(({ kept, length }, axis) => (kept ? Math.min(length, chunkShape[axis]!) : 1));
  const groups = plan.columnAt(0).group === undefined ? (plan.groups?.keys.length ?? 1) : 1;
  return extents.reduce((a, b) => a * b, 1) * groups;
}

/** Every combination of pieces along the axes. */
function boxesOf(axes: ChunkItem['pieces']): Piece[][] {
  let boxes: Piece[][] = [[]];
  for (const pieces of axes) {
    boxes = boxes.flatMap((box) => pieces.map((piece) => [...box, piece]));
  }
  return boxes;
}

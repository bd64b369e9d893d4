import { type DType, isVariable } from '../array/dtype.js';
import { byteLengthOf, countExactly, selectedShape, TaskPlan } from '../array/grid.js';
import type { Scalar } from '../array/scalar.js';
import { resultShape, type Selection, wholeSelection } from '../array/selection.js';
import { LsioError } from '../errors.js';
import type { ChunkDecoder, ChunkedArray } from '../formats/chunked-array.js';
import { formatBytes } from '../units.js';
import { placeItems, type ReadItems, type ReadSpec } from './read-body.js';
import { type JobOptions, runJob } from './workers/run-job.js';

export interface ReadOptions extends JobOptions {
  /** What to read; default all. */
  readonly selection?: Selection | undefined;
  /**
   * Memory for the elements: exactly as long as they are. Threads write to it until the promise settles: it must not be
   * transferred meanwhile.
   */
  readonly into?: Uint8Array | undefined;
  /**
   * The most memory for the result and one chunk, in bytes.
   * @default 4 GiB
   */
  readonly memoryBytesMax?: number | undefined;
}

/** Elements in memory, in row-major order. */
export interface ArrayData {
  readonly dtype: DType;
  /** Without the axes that were selected by one index or label. */
  readonly shape: readonly number[];
  /** Little-endian; empty where elements vary in length. */
  readonly bytes: Uint8Array;
  /** The elements where they vary in length. */
  readonly items?: readonly Scalar[];
}

/** What was read, besides the elements. */
export interface ReadCounts {
  /** Chunks that were touched. */
  readonly chunks: number;
  /** Of them, those that are not stored: they are the fill value. */
  readonly chunksMissing: number;
  readonly bytesRead: number;
  readonly bytesDecoded: number;
  /** Spent on decoding and copying by all threads, in nanoseconds; the rest was waiting for bytes. */
  readonly decodeNs: number;
  /** Threads that took part. */
  readonly workers: number;
  readonly decoder: ChunkDecoder['decoder'];
  readonly libraries: readonly string[];
}

export const MEMORY_BYTES_MAX = 4 * 1024 ** 3;

/**
 * Reads the elements of an array, or what is selected of them.
 *
 * @throws {LsioError} `usage` where the result would take more memory than allowed, before anything is read; `format` for a
 * damaged chunk; as the store.
 */
export async function readArray(array: ChunkedArray, options: ReadOptions = {}): Promise<ArrayData & ReadCounts> {
  const { selection = wholeSelection(array.shape), decoder, direct, workers, signal, onProgress } = options;
  const bytes = openBytes(array, selection, options);
  const shape = selectedShape(selection);
  const plan = new TaskPlan(array.chunkShape, selection, array.shardShape);
  const items = isVariable(array.dtype) ? new Array<Scalar>(Number(countExactly(shape))) : undefined;
  const spec: ReadSpec = { selection };
  const outcome = await runJob<ReadItems>({
    ...{ body: 'read', spec, array, decoder, direct, workers, signal, onProgress, output: bytes },
    tasks: plan.count,
    taskBytes: byteLengthOf(array.chunkShape, array.dtype.itemBytes || ITEM_BYTES) ?? 0,
    onResult({ task, items: decoded }) {
      placeItems(array, decoded, { items: items!, shape }, plan.at(task).boxes);
    },
  });
  const { chunksFailed: _none, busyNs: decodeNs, chunks: _counted, ...counts } = outcome;
  const data = { dtype: array.dtype, shape: resultShape(selection), bytes, ...(items === undefined ? {} : { items }) };
  return { ...data, ...counts, chunks: plan.count, decodeNs };
}

/** An element that varies in length takes at least a reference. */
const ITEM_BYTES = 8;

/** Memory for all elements; none where they vary in length. */
function openBytes(
  { dtype, chunkShape }: ChunkedArray,
  selection: Selection,
  { into, memoryBytesMax }: ReadOptions,
): Uint8Array {
  const shape = selectedShape(selection);
  const isItems = isVariable(dtype);
  const itemBytes = isItems ? ITEM_BYTES : dtype.itemBytes;
  const needed = countExactly([...shape, itemBytes]) + countExactly([...chunkShape, itemBytes]);
  checkMemory(needed, memoryBytesMax ?? MEMORY_BYTES_MAX);
  const bytes = isItems ? 0 : byteLengthOf(shape, itemBytes)!;
  if (into !== undefined && into.length !== bytes) {
    throw new LsioError('usage', `into has ${into.length} bytes, the elements take ${bytes}`);
  }
  return into ?? new Uint8Array(bytes);
}

function checkMemory(needed: bigint, allowed: number): void {
  if (needed <= BigInt(allowed)) return;
  const text = `the result takes ${formatBytes(Number(needed))} of memory, ${formatBytes(allowed)} are allowed`;
  throw new LsioError('usage', text, { remedy: 'select less, or allow more: --max-memory' });
}

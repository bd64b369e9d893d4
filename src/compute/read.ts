import { type BoxSide, copyBox, copyItems } from '../array/copy-box.js';
import { type DType, isVariable } from '../array/dtype.js';
import { type Box, byteLengthOf, chunksOf, countExactly, selectedShape, TaskPlan } from '../array/grid.js';
import { fillWith, type Scalar } from '../array/scalar.js';
import { resultShape, type Selection, wholeSelection } from '../array/selection.js';
import type { DecoderChoice } from '../codec/codec.js';
import { loadLibraries } from '../codec/libraries.js';
import { LsioError } from '../errors.js';
import type { ChunkDecoder, ChunkedArray } from '../formats/chunked-array.js';
import { openDecoder } from '../formats/open-decoder.js';
import type { Signal } from '../read/abort.js';
import type { DirectChoice } from '../store/local/direct.js';
import { formatBytes } from '../units.js';
import type { StoredChunk } from './chunk-reader.js';
import { forEachChunk } from './chunk-stream.js';

export interface ReadOptions {
  /** What to read; default all. */
  readonly selection?: Selection | undefined;
  /** Memory for the elements: exactly as long as they are. */
  readonly into?: Uint8Array | undefined;
  /**
   * The most memory for the result and one chunk, in bytes.
   * @default 4 GiB
   */
  readonly memoryBytesMax?: number | undefined;
  /** @default 'auto' */
  readonly decoder?: DecoderChoice | undefined;
  /**
   * Whether chunks are read past the page cache: each byte is wanted once. `auto`: those that aren't in it.
   * @default 'auto'
   */
  readonly direct?: DirectChoice | undefined;
  readonly signal?: Signal | undefined;
  /** Is called after each chunk. */
  readonly onChunk?: (() => void) | undefined;
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
  /** Spent on decoding and copying, in nanoseconds; the rest was waiting for bytes. */
  readonly decodeNs: number;
  readonly decoder: ChunkDecoder['decoder'];
  readonly libraries: readonly string[];
}

export const MEMORY_BYTES_MAX = 4 * 1024 ** 3;

/**
 * Reads the elements of an array, or what is selected of them, on this thread.
 *
 * @throws {LsioError} `usage` where the result would take more memory than allowed, before anything is read; `format` for a
 * damaged chunk; as the store.
 */
export async function readArray(array: ChunkedArray, options: ReadOptions = {}): Promise<ArrayData & ReadCounts> {
  const {
    selection = wholeSelection(array.shape),
    decoder: choice = 'auto',
    direct = 'auto',
    signal,
    onChunk,
  } = options;
  const output = openOutput(array, selection, options);
  const plan = new TaskPlan(array.chunkShape, selection);
  const decoder = openDecoder(array.decoder, await loadLibraries(choice));
  const counts = { chunks: plan.count, chunksMissing: 0, bytesRead: 0, bytesDecoded: 0, decodeNs: 0 };
  const chunkBytes = byteLengthOf(array.chunkShape, array.dtype.itemBytes || 1) ?? 0;
  await forEachChunk(array, chunksOf(plan), { chunkBytes, signal, direct }, (chunk) => {
    signal?.throwIfAborted();
    if (chunk.error !== undefined) throw chunk.error;
    if (chunk.bytes === undefined) counts.chunksMissing += 1;
    else {
      counts.bytesRead += chunk.bytes.length;
      counts.bytesDecoded += chunkBytes;
    }
    const beganMs = performance.now();
    place(chunk, output, decoder, plan.at(chunk.index).boxes);
    counts.decodeNs += Math.round((performance.now() - beganMs) * 1e6);
    onChunk?.();
  });
  const { bytes, items } = output;
  const data = { dtype: array.dtype, shape: resultShape(selection), bytes, ...(items === undefined ? {} : { items }) };
  return { ...data, ...counts, decoder: decoder.decoder, libraries: decoder.libraries };
}

/** Where the elements go, and what is needed on the way. */
interface Output extends BoxSide {
  readonly array: ChunkedArray;
  readonly items: Scalar[] | undefined;
  readonly chunkBytes: number;
  /** Room for one decoded chunk, made when it is needed. */
  chunk: Uint8Array | undefined;
  /** Fill values, as many as were needed at once. */
  missing: Uint8Array | undefined;
}

function openOutput(array: ChunkedArray, selection: Selection, { into, memoryBytesMax }: ReadOptions): Output {
  const { dtype, chunkShape } = array;
  const shape = selectedShape(selection);
  const isItems = isVariable(dtype);
  // An item takes at least a reference.
  const itemBytes = isItems ? 8 : dtype.itemBytes;
  const needed = countExactly([...shape, itemBytes]) + countExactly([...chunkShape, itemBytes]);
  checkMemory(needed, memoryBytesMax ?? MEMORY_BYTES_MAX);
  const bytesMax = isItems ? 0 : byteLengthOf(shape, itemBytes)!;
  if (into !== undefined && into.length !== bytesMax) {
    throw new LsioError('usage', `into has ${into.length} bytes, the elements take ${bytesMax}`);
  }
  const chunkBytes = isItems ? 0 : byteLengthOf(chunkShape, itemBytes)!;
  return {
    array,
    shape,
    bytes: into ?? new Uint8Array(bytesMax),
    items: isItems ? new Array<Scalar>(Number(countExactly(shape))) : undefined,
    chunkBytes,
    chunk: undefined,
    missing: undefined,
  };
}

function checkMemory(needed: bigint, allowed: number): void {
  if (needed <= BigInt(allowed)) return;
  const text = `the result takes ${formatBytes(Number(needed))} of memory, ${formatBytes(allowed)} are allowed`;
  throw new LsioError('usage', text, { remedy: 'select less, or allow more: --max-memory' });
}

/** Decodes a chunk to where it goes: at once where it is one run of the output. */
function place(
  { name, bytes, detail }: StoredChunk,
  output: Output,
  decoder: ChunkDecoder,
  boxes: readonly Box[],
): void {
  const { array } = output;
  if (output.items !== undefined) {
    placeItems(bytes && named(name, () => decoder.decodeItems(bytes)), output, output.items, boxes);
    return;
  }
  if (bytes === undefined) {
    for (const box of boxes) placeFill(output, box);
    return;
  }
  const direct = directTarget(output, boxes);
  const isChunk = decoder.isRaw && bytes.length === output.chunkBytes;
  let chunk = bytes;
  if (direct !== undefined || !isChunk) {
    chunk = direct ?? roomForChunk(output);
    named(name, () => decoder.decode(bytes, chunk, detail));
  }
  if (direct !== undefined) return;
  const source = { bytes: chunk, shape: array.chunkShape };
  for (const box of boxes) copyBox(source, output, box, array.dtype.itemBytes);
}

function roomForChunk(output: Output): Uint8Array {
  output.chunk ??= new Uint8Array(output.chunkBytes);
  return output.chunk;
}

/** All elements of a box are the fill value: so many of them are copied, whatever the chunk's size. */
function placeFill(output: Output, box: Box): void {
  const { dtype, fill } = output.array;
  const length = byteLengthOf(box.count, dtype.itemBytes)!;
  if (output.missing === undefined || output.missing.length < length) {
    output.missing = new Uint8Array(length);
    fillWith(output.missing, fill as Uint8Array);
  }
  const [source, step] = [box.count.map(() => 0), box.count.map(() => 1)];
  copyBox({ bytes: output.missing, shape: box.count }, output, { ...box, source, step }, dtype.itemBytes);
}

function placeItems(
  decoded: readonly Scalar[] | undefined,
  { array, shape }: Output,
  items: Scalar[],
  boxes: readonly Box[],
): void {
  const count = Number(countExactly(array.chunkShape));
  const source = { items: decoded ?? new Array<Scalar>(count).fill(array.fill), shape: array.chunkShape };
  for (const box of boxes) copyItems(source, { items, shape }, box);
}

/** The part of the output that is this chunk and nothing else; undefined if there is none. */
function directTarget({ array, shape, bytes }: Output, boxes: readonly Box[]): Uint8Array | undefined {
  const { chunkShape, dtype } = array;
  const [box] = boxes;
  if (box === undefined || boxes.length > 1) return undefined;
  let offset = 0;
  let stride = dtype.itemBytes;
  let isRun = true;
  for (let axis = chunkShape.length - 1; axis >= 0; axis--) {
    const count = chunkShape[axis]!;
    if (box.count[axis] !== count || (count > 1 && box.step[axis] !== 1)) return undefined;
    if (!isRun && count !== 1) return undefined;
    if (shape[axis] !== count) isRun = false;
    offset += box.target[axis]! * stride;
    stride *= shape[axis]!;
  }
  return bytes.subarray(offset, offset + byteLengthOf(chunkShape, dtype.itemBytes)!);
}

/** Errors of a decoder say which chunk it was. */
function named<Value>(name: string, decode: () => Value): Value {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof LsioError)) throw error;
    throw new LsioError(error.kind, `${name}: ${error.message}`, { ...error, path: name, cause: error });
  }
}

import { type BoxSide, copyBox, copyItems } from '../array/copy-box.js';
import { isVariable } from '../array/dtype.js';
import { type Box, byteLengthOf, countExactly, selectedShape, TaskPlan } from '../array/grid.js';
import { fillWith, type Scalar } from '../array/scalar.js';
import type { Selection } from '../array/selection.js';
import { LsioError } from '../errors.js';
import type { ChunkDecoder } from '../formats/chunked-array.js';
import type { StoredChunk } from './chunk-reader.js';
import { forEachClaimedChunk } from './chunk-stream.js';
import type { Job, JobArray } from './workers/job.js';

/** What is read: a task is a chunk of this selection's plan. */
export interface ReadSpec {
  readonly selection: Selection;
}

/** Elements of one chunk that vary in length: for whoever has the output. Undefined where the chunk is not stored. */
export interface ReadItems {
  readonly task: number;
  readonly items: readonly Scalar[] | undefined;
}

/** Reads chunks, and decodes them to the output. */
export async function readBody({ selection }: ReadSpec, job: Job<ReadItems>): Promise<void> {
  const { array, decoder, direct, signal } = job;
  const plan = new TaskPlan(array.chunkShape, selection);
  const output = openOutput(job, selection);
  const chunkBytes = byteLengthOf(array.chunkShape, array.dtype.itemBytes || 1) ?? 0;
  /** By the number of the chunk among all that were claimed. */
  const tasks = new Map<number, number>();
  let claimed = 0;
  function* chunksOf(from: number, to: number): Generator<readonly number[]> {
    for (let task = from; task < to; task++) {
      tasks.set(claimed++, task);
      yield plan.at(task).chunk;
    }
  }
  function claim() {
    const range = job.claim();
    return range && chunksOf(range.from, range.to);
  }
  await forEachClaimedChunk(array, claim, { chunkBytes, signal, direct, ordered: false }, (chunk) => {
    signal.throwIfAborted();
    if (chunk.error !== undefined) throw chunk.error;
    const beganMs = performance.now();
    const task = tasks.get(chunk.index)!;
    tasks.delete(chunk.index);
    if (output === undefined) job.emit({ task, items: itemsOf(chunk, decoder) });
    else place(chunk, output, decoder, plan.at(task).boxes);
    const isMissing = chunk.bytes === undefined;
    job.count({
      chunks: 1,
      chunksMissing: isMissing ? 1 : 0,
      bytesRead: chunk.bytes?.length ?? 0,
      bytesDecoded: isMissing ? 0 : chunkBytes,
      busyNs: Math.round((performance.now() - beganMs) * 1e6),
    });
  });
}

/** Where the elements go, and what is needed on the way. */
interface Output extends BoxSide {
  readonly array: JobArray;
  readonly chunkBytes: number;
  /** Room for one decoded chunk, made when it is needed. */
  chunk: Uint8Array | undefined;
  /** Fill values, as many as were needed at once. */
  missing: Uint8Array | undefined;
}

/** Undefined for elements that vary in length. */
function openOutput({ array, output }: Job<ReadItems>, selection: Selection): Output | undefined {
  const { chunkShape, dtype } = array;
  if (isVariable(dtype)) return undefined;
  return {
    array,
    shape: selectedShape(selection),
    bytes: output,
    chunkBytes: byteLengthOf(chunkShape, dtype.itemBytes)!,
    chunk: undefined,
    missing: undefined,
  };
}

function itemsOf({ name, bytes }: StoredChunk, decoder: ChunkDecoder): readonly Scalar[] | undefined {
  return bytes && named(name, () => decoder.decodeItems(bytes));
}

/** Puts the elements of a chunk into their places among all that are selected. */
export function placeItems(
  { chunkShape, fill }: Pick<JobArray, 'chunkShape' | 'fill'>,
  decoded: readonly Scalar[] | undefined,
  target: { readonly items: Scalar[]; readonly shape: readonly number[] },
  boxes: readonly Box[],
): void {
  const count = Number(countExactly(chunkShape));
  const source = { items: decoded ?? new Array<Scalar>(count).fill(fill), shape: chunkShape };
  for (const box of boxes) copyItems(source, target, box);
}

/** Decodes a chunk to where it goes: at once where it is one run of the output. */
function place(
  { name, bytes, detail }: StoredChunk,
  output: Output,
  decoder: ChunkDecoder,
  boxes: readonly Box[],
): void {
  const { array } = output;
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

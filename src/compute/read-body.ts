import { type BoxSide, copyBox, copyItems } from '../array/copy-box.js';
import { isVariable } from '../array/dtype.js';
import { type Box, byteLengthOf, countExactly, selectedShape, TaskPlan } from '../array/grid.js';
import type { RawPart } from '../array/raw-parts.js';
import { fillWith, type Scalar } from '../array/scalar.js';
import type { Selection } from '../array/selection.js';
import type { ChunkDecoder } from '../formats/chunked-array.js';
import { decodingError, type PrefixOf, type StoredChunk } from './chunk-reader.js';
import { forEachClaimedChunk } from './chunk-stream.js';
import { selectedParts } from './selected-parts.js';
import type { Job, JobArray } from './workers/job.js';

/** What is read: a task is a chunk of this selection's plan. */
export interface ReadSpec {
  readonly selection: Selection;
}

/** Elements of one chunk that vary in length, for the calling thread to place. Undefined where it is not stored. */
export interface ReadItems {
  readonly task: number;
  readonly items: readonly Scalar[] | undefined;
}

/** Reads chunks, and decodes them to the output. */
export async function readBody({ selection }: ReadSpec, job: Job<ReadItems>): Promise<void> {
  const { array, decoder, direct, signal } = job;
  const plan = new TaskPlan(array.chunkShape, selection, array.shardShape);
  const output = openOutput(job, selection);
  const chunkBytes = byteLengthOf(array.chunkShape, array.dtype.itemBytes || 1) ?? 0;
  /** By the number of the chunk among all that were claimed. */
  const tasks = new Map<number, Task>();
  let claimed = 0;
  function* chunksOf(from: number, to: number): Generator<readonly number[]> {
    for (let number = from; number < to; number++) {
      const { chunk, boxes } = plan.at(number);
      const parts = decoder.isRaw ? selectedParts(boxes, array.chunkShape, array.dtype.itemBytes) : undefined;
      tasks.set(claimed++, { number, boxes, parts, left: parts?.length ?? 1 });
      yield chunk;
    }
  }
  function claim() {
    const range = job.claim();
    return range && chunksOf(range.from, range.to);
  }
  const partsOf = (index: number) => tasks.get(index)!.parts;
  const prefixOf: PrefixOf = (index, detail) => decoder.prefixBytes?.(tasks.get(index)!.boxes, detail);
  const reading = { ...{ chunkBytes, partsOf, prefixOf, signal, direct }, ordered: false } as const;
  await forEachClaimedChunk(array, claim, reading, (chunk) => {
    signal.throwIfAborted();
    if (chunk.error !== undefined) throw chunk.error;
    const beganMs = performance.now();
    const task = tasks.get(chunk.index)!;
    const isLast = chunk.part === undefined || --task.left === 0;
    if (isLast) tasks.delete(chunk.index);
    if (output === undefined) job.emit({ task: task.number, items: itemsOf(chunk, decoder) });
    else place(chunk, output, decoder, task);
    const isMissing = chunk.bytes === undefined;
    const bytesRead = chunk.bytes?.length ?? 0;
    job.count({
      chunks: isLast ? 1 : 0,
      chunksMissing: isMissing && isLast ? 1 : 0,
      bytesRead,
      bytesDecoded: chunk.part !== undefined ? bytesRead : isMissing ? 0 : chunkBytes,
      busyNs: Math.round((performance.now() - beganMs) * 1e6),
    });
  });
}

/** A chunk that is being read. */
interface Task {
  readonly number: number;
  /** What is selected of it. */
  readonly boxes: readonly Box[];
  /** What is read of it; undefined: all. */
  readonly parts: readonly RawPart[] | undefined;
  /** Reads that have not come. */
  left: number;
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

function itemsOf({ ref, bytes }: StoredChunk, decoder: ChunkDecoder): readonly Scalar[] | undefined {
  return bytes && named(ref, () => decoder.decodeItems(bytes));
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
function place({ ref, bytes, detail, part }: StoredChunk, output: Output, decoder: ChunkDecoder, task: Task): void {
  const { array } = output;
  const read = part === undefined ? undefined : task.parts?.[part];
  const boxes = read === undefined ? task.boxes : read.boxes.map((box) => ({ ...box, step: box.count.map(() => 1) }));
  if (bytes === undefined) {
    for (const box of boxes) placeFill(output, box);
    return;
  }
  if (read !== undefined) {
    const source = { bytes, shape: array.chunkShape, offset: read.offset };
    for (const box of boxes) copyBox(source, output, box, array.dtype.itemBytes);
    return;
  }
  const direct = directTarget(output, boxes);
  const isChunk = decoder.isRaw && bytes.length === output.chunkBytes;
  let chunk = bytes;
  if (direct !== undefined || !isChunk) {
    chunk = direct ?? roomForChunk(output);
    named(ref, () => decoder.decode(bytes, chunk, detail, boxes));
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
function named<Value>(ref: StoredChunk['ref'], decode: () => Value): Value {
  try {
    return decode();
  } catch (cause) {
    throw decodingError(ref, cause);
  }
}

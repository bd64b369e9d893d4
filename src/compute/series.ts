import { elementValue } from '../array/elements.js';
import { byteLengthOf } from '../array/grid.js';
import type { Packing } from '../array/packing.js';
import { unpack } from '../array/packing.js';
import { type AxisRun, type AxisSelection, countOf } from '../array/selection.js';
import { LsioError } from '../errors.js';
import type { ChunkDecoder, ChunkedArray } from '../formats/chunked-array.js';
import { formatBytes } from '../units.js';
import { decodingError, readChunks, type StoredChunk } from './chunk-reader.js';
import { PARTS_SHARE_MAX, READ_COST_BYTES } from './selected-parts.js';

/** What is read: the elements along one axis, at points of the others. */
export interface SeriesRequest {
  /** Along which the series go. */
  readonly axis: number;
  readonly along: AxisSelection;
  /** For each point an index along every axis; that of `axis` is not looked at. */
  readonly points: readonly (readonly number[])[];
  /** Missing values and scaling; undefined: numbers as they are stored. */
  readonly packing: Packing | undefined;
}

export interface SeriesOptions {
  /** @default 4 GiB */
  readonly memoryBytesMax?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onChunk?: (() => void) | undefined;
}

export interface Series {
  /** For each point its values, missing ones NaN. */
  readonly values: readonly Float64Array[];
  readonly chunks: number;
  readonly chunksMissing: number;
  readonly bytesRead: number;
}

const SERIES_MEMORY_BYTES_MAX = 4 * 1024 ** 3;

/** One chunk that series go through. */
interface Visit {
  readonly chunk: readonly number[];
  /** Points in it. */
  readonly points: readonly number[];
  /** Elements along the axis: index in the chunk, and place in the series. */
  readonly steps: readonly { readonly source: number; readonly target: number }[];
}

/**
 * Reads series at points: each chunk once, however many points lie in it.
 *
 * @throws {LsioError} `usage` for results that take too much memory, and for a dtype that is no number; as the store and
 * the decoder, naming the chunk.
 */
export async function readSeries(
  array: ChunkedArray,
  decoder: ChunkDecoder,
  request: SeriesRequest,
  { memoryBytesMax = SERIES_MEMORY_BYTES_MAX, signal, onChunk }: SeriesOptions = {},
): Promise<Series> {
  const { dtype, chunkShape } = array;
  if (!['int', 'uint', 'float', 'bool'].includes(dtype.kind)) {
    throw new LsioError('usage', `there are no series of ${dtype.name}: only of bool, integers and floats`);
  }
  const steps = countOf(request.along);
  const needed = 8 * steps * request.points.length;
  if (needed > memoryBytesMax) {
    const text = `the series take ${formatBytes(needed)} of memory, ${formatBytes(memoryBytesMax)} are allowed`;
    throw new LsioError('usage', text, { remedy: 'select less, or allow more: --max-memory' });
  }
  const values = request.points.map(() => new Float64Array(steps));
  const visits = planVisits(array, request);
  const chunkBytes = byteLengthOf(chunkShape, dtype.itemBytes) ?? 0;
  const decoded = new Uint8Array(chunkBytes);
  const counts = { chunks: visits.length, chunksMissing: 0, bytesRead: 0 };
  const parts = decoder.isRaw ? partsOf(array, request, visits, chunkBytes) : undefined;
  const from = parts === undefined ? array : { sources: array.sources, refs: partRefs(array, parts) };
  const chunks = visits.map(({ chunk }) => chunk);
  for await (const stored of readChunks(from, chunks, { chunkBytes: parts === undefined ? chunkBytes : 0, signal })) {
    signal?.throwIfAborted();
    if (stored.error !== undefined) throw stored.error;
    const part = parts?.[stored.index];
    const visit = part?.visit ?? visits[stored.index]!;
    // Parts of one chunk that is not stored count once.
    if (stored.bytes === undefined && (part === undefined || part.point === visit.points[0])) counts.chunksMissing++;
    counts.bytesRead += stored.bytes?.length ?? 0;
    const bytes = part === undefined ? decodeChunk(array, decoder, stored, decoded) : stored.bytes;
    pick(array, request, part ?? visit, bytes, values);
    if (part === undefined || part.point === visit.points[0]) onChunk?.();
  }
  return { values, ...counts };
}

/** The bytes of one point's elements in a raw chunk, from the first to the last. */
interface Part extends Pick<Visit, 'steps'> {
  readonly visit: Visit;
  readonly point: number;
  readonly points: readonly number[];
  readonly offset: number;
  readonly length: number;
}

/** For each point in each chunk the bytes to read; undefined where whole chunks are better. */
function partsOf(
  array: ChunkedArray,
  request: SeriesRequest,
  visits: readonly Visit[],
  chunkBytes: number,
): Part[] | undefined {
  const parts: Part[] = [];
  let bytes = 0;
  for (const visit of visits) {
    const sources = visit.steps.map(({ source }) => source);
    const [first, last] = [Math.min(...sources), Math.max(...sources)];
    for (const point of visit.points) {
      const { base, stride } = placeOf(array, request, point);
      const length = (last - first) * stride + array.dtype.itemBytes;
      bytes += length + READ_COST_BYTES;
      const steps = visit.steps.map(({ source, target }) => ({ source: source - first, target }));
      parts.push({ visit, point, points: [point], steps, offset: base + first * stride, length });
    }
    if (bytes > PARTS_SHARE_MAX * chunkBytes * visits.length) return undefined;
  }
  return parts;
}

/** The places of parts, numbered as the parts are. */
function partRefs(array: ChunkedArray, parts: readonly Part[]): ChunkedArray['refs'] {
  return async function* refs(chunks, signal) {
    let next = 0;
    for await (const batch of array.refs(chunks, signal)) {
      yield batch.flatMap((ref) => {
        const { visit } = parts[next]!;
        return visit.points.map(() => {
          const { offset, length } = parts[next]!;
          const range = { offset: (ref.range?.offset ?? 0) + offset, length };
          const bytes = ref.bytes?.subarray(offset, offset + length);
          return {
            ...ref,
            index: next++,
            ...(ref.key === undefined ? {} : { range }),
            ...(bytes === undefined ? {} : { bytes }),
          };
        });
      });
    }
  };
}

/** Undefined for a chunk that is not stored. */
function decodeChunk(
  { chunkShape, dtype }: ChunkedArray,
  decoder: ChunkDecoder,
  { ref, bytes, detail }: StoredChunk,
  target: Uint8Array,
): Uint8Array | undefined {
  if (bytes === undefined) return undefined;
  // A raw chunk needs no copy.
  if (decoder.isRaw && bytes.length === byteLengthOf(chunkShape, dtype.itemBytes)) return bytes;
  try {
    decoder.decode(bytes, target, detail);
    return target;
  } catch (cause) {
    throw decodingError(ref, cause);
  }
}

/** The chunks in the order of the axis, so that those of neighbouring points are read together. */
function planVisits({ chunkShape }: ChunkedArray, { axis, along, points }: SeriesRequest): Visit[] {
  const columns = new Map<string, number[]>();
  for (const [point, place] of points.entries()) {
    const key = place.map((index, i) => (i === axis ? 0 : Math.floor(index / chunkShape[i]!))).join();
    const members = columns.get(key) ?? [];
    members.push(point);
    columns.set(key, members);
  }
  const rows = [...stepsByChunk(along.runs, chunkShape[axis]!)];
  return rows.flatMap(([position, steps]) =>
    [...columns].map(([key, members]) => {
      const chunk = key.split(',').map(Number);
      chunk[axis] = position;
      return { chunk, points: members, steps };
    }),
  );
}

function stepsByChunk(runs: readonly AxisRun[], chunk: number): Map<number, { source: number; target: number }[]> {
  const found = new Map<number, { source: number; target: number }[]>();
  let target = 0;
  for (const { start, step, count } of runs) {
    for (let i = 0; i < count; i++, target++) {
      const index = start + i * step;
      const position = Math.floor(index / chunk);
      const steps = found.get(position) ?? [];
      steps.push({ source: index - position * chunk, target });
      found.set(position, steps);
    }
  }
  return found;
}

/** Where a point lies in its chunk, and how far its elements along the axis are apart, in bytes. */
function placeOf(
  { chunkShape, dtype }: ChunkedArray,
  { axis, points }: SeriesRequest,
  point: number,
): { base: number; stride: number } {
  let [base, stride, size] = [0, 0, dtype.itemBytes];
  for (let i = chunkShape.length - 1; i >= 0; i--) {
    if (i === axis) stride = size;
    else base += (points[point]![i]! % chunkShape[i]!) * size;
    size *= chunkShape[i]!;
  }
  return { base, stride };
}

function pick(
  array: ChunkedArray,
  request: SeriesRequest,
  { points, steps, offset }: Pick<Visit, 'points' | 'steps'> & { readonly offset?: number },
  bytes: Uint8Array | undefined,
  values: readonly Float64Array[],
): void {
  const { dtype, fill } = array;
  const { packing } = request;
  const value = (from: Uint8Array, at: number): number => {
    const stored = elementValue(dtype, from, at);
    const number = typeof stored === 'boolean' ? Number(stored) : (stored as number | bigint);
    return packing === undefined ? Number(number) : unpack(packing, number);
  };
  for (const point of points) {
    const { base, stride } = placeOf(array, request, point);
    // A part begins with the point's first element.
    const start = offset === undefined ? base : 0;
    for (const { source, target } of steps) {
      values[point]![target] =
        bytes === undefined ? value(fill as Uint8Array, 0) : value(bytes, start + source * stride);
    }
  }
}

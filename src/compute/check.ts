import { isVariable } from '../array/dtype.js';
import { byteLengthOf } from '../array/grid.js';
import { LsioError } from '../errors.js';
import type { ChunkedArray } from '../formats/chunked-array.js';
import { openDecoder } from '../formats/open-decoder.js';
import { chunkName, readChunks } from './chunk-reader.js';

/** A chunk that can't be read or decoded. */
export interface BadChunk {
  /** Its place in the grid of chunks. */
  readonly chunk: readonly number[];
  readonly message: string;
}

export interface StoredCounts {
  /** Chunks that are stored; in shards, inner chunks. */
  readonly chunksStored: number;
  /** Bytes that are stored: files whole, shards with their indexes. */
  readonly bytesStored: number;
}

export interface CheckOptions {
  readonly signal?: AbortSignal | undefined;
  /** Is called after each chunk. */
  readonly onChunk?: (() => void) | undefined;
}

/** Counts what is stored of an array. Only the indexes of shards are read. */
export async function countStored(array: ChunkedArray, { signal, onChunk }: CheckOptions = {}): Promise<StoredCounts> {
  let chunksStored = 0;
  let bytesStored = 0;
  for await (const stored of array.stored(signal)) {
    bytesStored += stored.bytes;
    if (array.shardShape === undefined) chunksStored += 1;
    else {
      for await (const refs of array.refs(stored.chunks(), signal)) {
        chunksStored += refs.filter(({ key, bytes }) => key !== undefined || bytes !== undefined).length;
      }
    }
    onChunk?.();
  }
  return { chunksStored, bytesStored };
}

/** Reads and decodes every stored chunk, and tells which are bad. */
export async function checkArray(array: ChunkedArray, { signal, onChunk }: CheckOptions = {}): Promise<BadChunk[]> {
  const decoder = await openDecoder(array.decoder);
  const chunkBytes = byteLengthOf(array.chunkShape, array.dtype.itemBytes || 1)!;
  const target = new Uint8Array(isVariable(array.dtype) ? 0 : chunkBytes);
  const bad: BadChunk[] = [];
  const places: (readonly number[])[] = [];
  for await (const stored of array.stored(signal)) {
    places.length = 0;
    for (const chunk of stored.chunks()) places.push(chunk);
    for await (const { index, ref, bytes, detail, error } of readChunks(array, places, { chunkBytes, signal })) {
      signal?.throwIfAborted();
      try {
        if (error !== undefined) throw error;
        if (bytes === undefined) continue;
        if (isVariable(array.dtype)) decoder.decodeItems(bytes);
        else decoder.decode(bytes, target, detail);
      } catch (failure) {
        if (!(failure instanceof LsioError)) throw failure;
        const message = failure === error ? failure.message : `${chunkName(ref)}: ${failure.message}`;
        // What is wrong with a shard's index is wrong with all of its chunks: it is told once.
        if (bad.at(-1)?.message !== message) bad.push({ chunk: places[index]!, message });
      }
      onChunk?.();
    }
  }
  return bad;
}

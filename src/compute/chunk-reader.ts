import type { JsonValue } from '../array/exact-json.js';
import { LsioError } from '../errors.js';
import type { ByteSource, ChunkedArray, ChunkRef } from '../formats/chunked-array.js';
import { checkPlace } from '../formats/place-store.js';
import type { Extent } from '../range.js';

/** A chunk as it is stored. */
export interface StoredChunk {
  /** Its place in the list of chunks that was asked for. */
  readonly index: number;
  /** Names it in errors. */
  readonly name: string;
  /** Undefined for a chunk that is not stored: all of it is the fill value. */
  readonly bytes: Uint8Array | undefined;
  /** What its decoder must know besides. */
  readonly detail?: JsonValue | undefined;
  /** Why it can't be had. */
  readonly error?: LsioError | undefined;
}

/** In flight at once. */
const READS_MAX = 64;
const READS_BYTES_MAX = 64 * 1024 ** 2;

/**
 * Reads chunks, many at once, in the order in which they are asked for. What can't be read has an error and stops nobody.
 *
 * @param chunkBytes about how long one is; it bounds how many are in flight.
 */
export async function* readChunks(
  array: Pick<ChunkedArray, 'sources' | 'refs'>,
  chunks: Iterable<readonly number[]>,
  { chunkBytes, signal }: { readonly chunkBytes: number; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<StoredChunk, void, undefined> {
  const window = Math.max(2, Math.min(READS_MAX, Math.floor(READS_BYTES_MAX / Math.max(1, chunkBytes))));
  const pending: Promise<StoredChunk>[] = [];
  for await (const refs of array.refs(chunks, signal)) {
    for (const ref of refs) {
      const reading = readChunk(array.sources, ref, signal);
      // Whoever awaits it sees the failure; until then nobody does.
      reading.catch(() => {});
      pending.push(reading);
      if (pending.length >= window) yield await pending.shift()!;
    }
  }
  for (const reading of pending) yield await reading;
}

async function readChunk(
  sources: readonly ByteSource[],
  { index, source, key, range, required, bytes, detail, error }: ChunkRef,
  signal: AbortSignal | undefined,
): Promise<StoredChunk> {
  const name = chunkName({ index, key, range });
  if (error !== undefined || key === undefined || source === undefined) return { index, name, bytes, detail, error };
  if (range?.length === 0) return { index, name, bytes: new Uint8Array(0) };
  const { store } = sources[source]!;
  try {
    const found = await (range === undefined ? store.get(key, { signal }) : store.getRange(key, range, { signal }));
    checkPlace({ key, ...(range && { range }), ...(required && { required }) }, found);
    return { index, name, bytes: found, detail };
  } catch (failure) {
    if (!(failure instanceof LsioError) || failure.kind === 'closed') throw failure;
    return { index, name, bytes: undefined, error: failure };
  }
}

export function chunkName({
  index,
  key,
  range,
}: Pick<StoredChunk, 'index'> & { key: string | undefined; range: Extent | undefined }) {
  const name = key ?? `chunk ${index}`;
  return range === undefined ? name : `${name}: bytes ${range.offset} to ${range.offset + range.length}`;
}

import { isLsioError } from '../errors.js';
import type { ChunkedArray, ChunkRef } from '../formats/chunked-array.js';
import { checkPlace } from '../formats/place-store.js';
import type { AbsolutePath } from '../store/keys.js';
import type { DirectChoice } from '../store/local/direct.js';
import type { ItemIterator, ReadItem } from '../store/read-item.js';
import type { StoreRequest } from '../store/store.js';
import { chunkName, readChunks, type StoredChunk } from './chunk-reader.js';

export interface ChunkStreamOptions {
  /** About how long a chunk is. */
  readonly chunkBytes: number;
  /** Whether chunks are read past the page cache. @default 'auto' */
  readonly direct?: DirectChoice | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A chunk that is read, and where it is. */
interface ChunkRequest extends StoreRequest {
  readonly ref: ChunkRef & { readonly key: AbsolutePath };
}

/** What a store answers for a key that has no value. */
const ABSENT: readonly (string | undefined)[] = ['ENOENT', 'ENOTDIR', 'EISDIR'];

/**
 * Reads chunks and hands them over in the order in which they are asked for. Their bytes are the engine's own memory,
 * good until the call returns: no chunk costs memory or a promise of its own. Each byte is wanted once: by default
 * uncached files are read past the page cache.
 *
 * @param use is called for each chunk, also for one that failed.
 */
export async function forEachChunk(
  array: Pick<ChunkedArray, 'sources' | 'refs'>,
  chunks: Iterable<readonly number[]>,
  options: ChunkStreamOptions,
  use: (chunk: StoredChunk) => void,
): Promise<void> {
  const { signal, direct = 'auto' } = options;
  const [source, ...others] = array.sources;
  const { store } = source ?? {};
  if (store?.getMany === undefined || others.length > 0) {
    for await (const chunk of readChunks(array, chunks, options)) use(chunk);
    return;
  }
  const unread: StoredChunk[] = [];
  const flush = (index: number): void => {
    while (unread.length > 0 && unread[0]!.index < index) use(unread.shift()!);
  };
  const requests = new Requests(requestsOf(array, chunks, unread, signal));
  const reads = store.getMany(requests, { signal, ordered: true, direct, coalesce: 'off' });
  let parts: Uint8Array[] = [];
  try {
    for (;;) {
      const item = takeNow(reads) ?? ((await reads.next()).value as ReadItem<ChunkRequest> | undefined);
      if (item === undefined) break;
      signal?.throwIfAborted();
      if (!item.last) {
        // A long value comes in parts, which are lent one at a time.
        parts.push(item.bytes.slice());
        continue;
      }
      const bytes = parts.length === 0 ? item.bytes : Buffer.concat([...parts, item.bytes]);
      parts = [];
      flush(item.request.ref.index);
      use(chunkOf(item, bytes));
    }
  } finally {
    await reads.return?.();
  }
  flush(Number.POSITIVE_INFINITY);
}

/** One by one for any store; LocalStore takes the batches, which cost no promise a request. */
class Requests implements AsyncIterable<ChunkRequest> {
  readonly batches: AsyncGenerator<readonly ChunkRequest[]>;

  constructor(batches: AsyncGenerator<readonly ChunkRequest[]>) {
    this.batches = batches;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ChunkRequest> {
    for await (const batch of this.batches) yield* batch;
  }
}

/** The next item without a promise, if the store can say so and has it. */
function takeNow(reads: AsyncIterableIterator<ReadItem<ChunkRequest>>): ReadItem<ChunkRequest> | undefined {
  return (reads as Partial<ItemIterator<ReadItem<ChunkRequest>>>).takeNow?.();
}

async function* requestsOf(
  array: Pick<ChunkedArray, 'refs'>,
  chunks: Iterable<readonly number[]>,
  unread: StoredChunk[],
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly ChunkRequest[]> {
  for await (const refs of array.refs(chunks, signal)) {
    const requests: ChunkRequest[] = [];
    for (const ref of refs) {
      const { index, key, source, range, error, bytes } = ref;
      if (error !== undefined || key === undefined || source === undefined) {
        unread.push({ index, name: chunkName({ index, key, range }), bytes, error });
      } else if (range?.length === 0) {
        unread.push({ index, name: chunkName({ index, key, range }), bytes: new Uint8Array(0) });
      } else requests.push({ key, ...(range === undefined ? {} : { range }), ref: { ...ref, key } });
    }
    if (requests.length > 0) yield requests;
  }
}

function chunkOf({ request, error }: ReadItem<ChunkRequest>, bytes: Uint8Array): StoredChunk {
  const { index, key, range, required } = request.ref;
  const name = chunkName({ index, key, range });
  if (error?.kind === 'closed') throw error;
  const isAbsent = error !== undefined && ABSENT.includes(error.code);
  if (error !== undefined && !isAbsent) return { index, name, bytes: undefined, error };
  const found = isAbsent ? undefined : bytes;
  try {
    checkPlace({ key, ...(range && { range }), ...(required && { required }) }, found);
    return { index, name, bytes: found };
  } catch (failure) {
    if (!isLsioError(failure)) throw failure;
    return { index, name, bytes: undefined, error: failure };
  }
}

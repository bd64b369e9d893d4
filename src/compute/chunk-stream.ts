import { isLsioError } from '../errors.js';
import type { ChunkedArray } from '../formats/chunked-array.js';
import { checkPlace } from '../formats/place-store.js';
import type { Extent } from '../range.js';
import type { Lease, ReadItem, ReadValue } from '../read/item.js';
import type { DirectChoice } from '../store/local/direct.js';
import { LocalStore } from '../store/local/local.js';
import { isAbsent } from '../store/store.js';
import {
  addPieces,
  type ChunkReading,
  type Piece,
  type PrefixOf,
  partError,
  readChunks,
  readPiece,
  type StoredChunk,
} from './chunk-reader.js';
import { type ChunkRead, planChunkReads, type StoredPiece } from './chunk-reads.js';
import { LongValue } from './long-value.js';
import { LookAhead } from './look-ahead.js';
import { type ChunkLease, Turns } from './turns.js';

export interface ChunkStreamOptions extends ChunkReading {
  /** Whether chunks are read past the page cache. @default 'auto' */
  readonly direct?: DirectChoice | undefined;
  /** Whether chunks are handed over in the order in which they are asked for; else as they come. @default true */
  readonly ordered?: boolean | undefined;
}

type ChunkSource = Pick<ChunkedArray, 'sources' | 'refs'>;
/** The next chunks to read; undefined when there are no more. */
type ClaimChunks = () => Iterable<readonly number[]> | undefined;

/**
 * Reads chunks and hands them over. Their bytes are the engine's own memory,
 * good until the call returns: no chunk costs memory or a promise of its own. Each byte is wanted once: by default
 * uncached files are read past the page cache.
 *
 * @param use is called for each chunk, also for one that failed.
 */
export function forEachChunk(
  array: ChunkSource,
  chunks: Iterable<readonly number[]>,
  options: ChunkStreamOptions,
  use: (chunk: StoredChunk) => void,
): Promise<void> {
  let all: Iterable<readonly number[]> | undefined = chunks;
  function claim() {
    const first = all;
    all = undefined;
    return first;
  }
  return forEachClaimedChunk(array, claim, options, use);
}

/**
 * As {@link forEachChunk}, for threads that share chunks out: more are claimed only when there is room for them, so that
 * no thread holds what another could be doing.
 *
 * @param claim is asked for the next chunks, and again while some are in flight. A chunk's `index` counts all claims.
 */
export async function forEachClaimedChunk(
  array: ChunkSource,
  claim: ClaimChunks,
  options: ChunkStreamOptions,
  use: (chunk: StoredChunk) => void,
): Promise<void> {
  const { signal, direct = 'auto', ordered = true } = options;
  const [source, ...others] = array.sources;
  const { store } = source ?? {};
  if (store?.getMany === undefined || others.length > 0) {
    await readClaimed(array, claim, options, use);
    return;
  }
  const ahead = new LookAhead(options.chunkBytes);
  const turns = new Turns(ordered, (chunk) => {
    use(chunk);
    ahead.used();
  });
  const requests = requestsOf(array, claim, options, { turns, ahead });
  // What comes early is leased: in the store's own order it would be copied. Chunks that lie side by side are one request.
  const common = { signal, ordered: false, coalesce: 'off' } as const;
  const batches =
    store instanceof LocalStore ? store.getMany(requests, { ...common, direct }) : store.getMany(requests, common);
  const long = new LongValue(options.chunkBytes);
  try {
    for await (const batch of batches) {
      signal?.throwIfAborted();
      for (const item of batch) {
        const { pieces } = item.request;
        const [piece] = pieces;
        if (pieces.length > 1) await offerPieces(array, item, turns, signal);
        else offerValue(item, piece!, { turns, long, ordered });
      }
    }
  } finally {
    turns.close();
  }
}

interface Offering {
  readonly turns: Turns;
  /** Gathers the parts of a long value. */
  readonly long: LongValue;
  readonly ordered: boolean;
}

/** What was read for one piece: all of it, or a part of a long one. */
function offerValue(item: ReadItem<ChunkRead>, piece: StoredPiece, { turns, long, ordered }: Offering): void {
  if (!item.ok) long.drop();
  else if (long.length > 0 || !item.last) long.add(item.bytes);
  if (!item.last) return;
  const isLong = long.length > 0;
  // Only what is used at once leaves its memory to the next one.
  const chunk = chunkOf(piece, item, isLong ? long.take(!ordered) : item.bytes);
  const isLent = item.ok && !isLong && chunk.bytes !== undefined;
  turns.offer(piece.turn, chunk, isLent ? () => item.lease() : undefined);
}

/** What was read for several pieces. Where that is not all of it, each is read alone: some of them may be there. */
async function offerPieces(
  array: ChunkSource,
  item: ReadItem<ChunkRead>,
  turns: Turns,
  signal: ChunkReading['signal'],
): Promise<void> {
  const { pieces, range } = item.request;
  const { offset, length } = range as Extent;
  if (item.error?.kind === 'closed') throw item.error;
  if (!item.ok || item.bytes.length !== length) {
    for (const { ref, part, turn } of pieces) turns.offer(turn, await readPiece(array.sources, { ref, part }, signal));
    return;
  }
  const lease = sharedLease(item);
  for (const piece of pieces) {
    const at = piece.ref.range!.offset - offset;
    const end = at + piece.ref.range!.length;
    turns.offer(piece.turn, chunkOf(piece, item, item.bytes.subarray(at, end)), () => lease(at, end));
  }
}

/** Leases of parts of one value, which is given back with the last of them. */
function sharedLease(item: ReadValue<ChunkRead>): (at: number, end: number) => ChunkLease {
  let lease: Lease | undefined;
  let users = 0;
  function release(): void {
    if (--users === 0) lease!.release();
  }
  return (at, end) => {
    lease ??= item.lease();
    users++;
    return { bytes: lease.bytes.subarray(at, end), release };
  };
}

/** Where a source has no better way than reading chunk by chunk, one claim is read after the other. */
async function readClaimed(
  array: ChunkSource,
  claim: ClaimChunks,
  options: ChunkStreamOptions,
  use: (chunk: StoredChunk) => void,
): Promise<void> {
  let first = 0;
  for (let chunks = claim(); chunks !== undefined; chunks = claim()) {
    let count = 0;
    const before = first;
    const partsOf = (index: number) => options.partsOf?.(before + index);
    const prefixOf: PrefixOf = (index, detail) => options.prefixOf?.(before + index, detail);
    for await (const chunk of readChunks(array, chunks, { ...options, partsOf, prefixOf })) {
      use({ ...chunk, index: before + chunk.index });
      count = chunk.index + 1;
    }
    first += count;
  }
}

interface RequestState {
  /** Is given the chunks that need no read. */
  readonly turns: Turns;
  readonly ahead: LookAhead;
}

async function* requestsOf(
  array: ChunkSource,
  claim: ClaimChunks,
  reading: ChunkStreamOptions,
  { turns, ahead }: RequestState,
): AsyncGenerator<readonly ChunkRead[]> {
  let first = 0;
  let turn = 0;
  for (let chunks = claim(); chunks !== undefined; chunks = claim()) {
    let count = 0;
    for await (const refs of array.refs(chunks, reading.signal)) {
      const stored: StoredPiece[] = [];
      const before = first;
      const pieces: Piece[] = [];
      for (const ref of refs) addPieces(pieces, before === 0 ? ref : { ...ref, index: before + ref.index }, reading);
      ahead.begun(pieces.length);
      for (const { ref, part } of pieces) {
        const { index, key, source, range, error, bytes, detail } = ref;
        if (error !== undefined || key === undefined || source === undefined) {
          turns.offer(turn++, { index, ref, bytes, detail, error });
        } else if (range?.length === 0) {
          turns.offer(turn++, { index, ref, bytes: new Uint8Array(0), detail });
        } else stored.push({ ref: { ...ref, key }, part, turn: turn++ });
      }
      count += refs.length;
      if (stored.length > 0) yield planChunkReads(stored, reading.ordered !== false);
    }
    first += count;
    await ahead.room();
  }
}

function chunkOf(
  { ref, part }: StoredPiece,
  { error }: ReadItem<ChunkRead>,
  bytes: Uint8Array | undefined,
): StoredChunk {
  const { index, detail } = ref;
  if (error?.kind === 'closed') throw error;
  if (error !== undefined && !isAbsent(error)) {
    return { index, ref, part, detail, bytes: undefined, error: partError(error, ref) };
  }
  try {
    checkPlace(ref, bytes);
    return { index, ref, part, detail, bytes };
  } catch (failure) {
    if (!isLsioError(failure)) throw failure;
    return { index, ref, part, detail, bytes: undefined, error: failure };
  }
}

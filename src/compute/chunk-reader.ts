import type { Signal } from '../abort.js';
import type { JsonValue } from '../array/exact-json.js';
import { LsioError } from '../errors.js';
import type { ByteSource, ChunkedArray, ChunkRef } from '../formats/chunked-array.js';
import { checkPlace } from '../formats/place-store.js';
import type { Extent } from '../range.js';

/** A chunk as it is stored. */
export interface StoredChunk {
  /** Its place in the list of chunks that was asked for. */
  readonly index: number;
  /** What it was read for: names it in errors, by {@link chunkName}. A name a chunk would cost more than its place. */
  readonly ref: Pick<ChunkRef, 'index' | 'key' | 'range'>;
  /** Which of its parts it is, where it is read in parts. */
  readonly part?: number | undefined;
  /** Undefined for a chunk that is not stored: all of it is the fill value. */
  readonly bytes: Uint8Array | undefined;
  /** What its decoder must know besides. */
  readonly detail?: JsonValue | undefined;
  /** Why it can't be had. */
  readonly error?: LsioError | undefined;
}

/** Names the parts of a chunk that are read instead of all of it, in bytes of the chunk. Only raw chunks have parts. */
export type PartsOf = (index: number) => readonly Extent[] | undefined;

/** How many bytes at the beginning of a chunk hold what is wanted of it; undefined: all of them are needed. */
export type PrefixOf = (index: number, detail: JsonValue | undefined) => number | undefined;

export interface ChunkReading {
  /** About how long a chunk is; of one that is read in parts exactly. */
  readonly chunkBytes: number;
  readonly partsOf?: PartsOf | undefined;
  readonly prefixOf?: PrefixOf | undefined;
  readonly signal?: Signal | undefined;
}

/** In flight at once. */
const READS_MAX = 64;
const READS_BYTES_MAX = 64 * 1024 ** 2;

/**
 * Reads chunks, many at once, in the order in which they are asked for. One that can't be read has an error, and does not
 * stop the others.
 */
export async function* readChunks(
  array: Pick<ChunkedArray, 'sources' | 'refs'>,
  chunks: Iterable<readonly number[]>,
  reading: ChunkReading,
): AsyncGenerator<StoredChunk, void, undefined> {
  const { chunkBytes, signal } = reading;
  const window = Math.max(2, Math.min(READS_MAX, Math.floor(READS_BYTES_MAX / Math.max(1, chunkBytes))));
  const pending: Promise<StoredChunk>[] = [];
  for await (const refs of array.refs(chunks, signal)) {
    const pieces: Piece[] = [];
    for (const ref of refs) addPieces(pieces, ref, reading);
    for (const { ref, part } of pieces) {
      const read = readPiece(array.sources, { ref, part }, signal);
      // A failure is thrown where it is awaited: before that Node would take it for unhandled.
      read.catch(() => {});
      pending.push(read);
      if (pending.length >= window) yield await pending.shift()!;
    }
  }
  for (const read of pending) yield await read;
}

/** What is read at once: a chunk, or a part of one. */
export interface Piece {
  readonly ref: ChunkRef;
  readonly part: number | undefined;
}

/** Adds the parts of a chunk that are to be read. A chunk of another length than it must have is read whole, to be refused. */
export function addPieces(pieces: Piece[], ref: ChunkRef, { partsOf, prefixOf, chunkBytes }: ChunkReading): void {
  const { index, key, range, detail } = ref;
  const isWhole = key === undefined || (range !== undefined && range.length !== chunkBytes);
  const parts = isWhole ? undefined : partsOf?.(index);
  if (parts === undefined) {
    const prefix = range && prefixOf?.(index, detail);
    const isShorter = prefix !== undefined && prefix < range!.length;
    pieces.push({ ref: isShorter ? { ...ref, range: { ...range!, length: prefix } } : ref, part: undefined });
    return;
  }
  for (const [part, { offset, length }] of parts.entries()) {
    pieces.push({ ref: { ...ref, range: { offset: (range?.offset ?? 0) + offset, length } }, part });
  }
}

/** Reads one piece. A failure of its own is its `error`. */
export async function readPiece(
  sources: readonly ByteSource[],
  { ref, part }: Piece,
  signal: Signal | undefined,
): Promise<StoredChunk> {
  const { index, source, key, range, required, bytes, detail, error } = ref;
  if (error !== undefined || key === undefined || source === undefined) {
    return { index, ref, part, bytes, detail, error };
  }
  if (range?.length === 0) return { index, ref, part, bytes: new Uint8Array(0) };
  const { store } = sources[source]!;
  try {
    const found = await (range === undefined ? store.get(key, { signal }) : store.getRange(key, range, { signal }));
    checkPlace({ key, ...(range && { range }), ...(required && { required }) }, found);
    return { index, ref, part, bytes: found, detail };
  } catch (failure) {
    if (!(failure instanceof LsioError) || failure.kind === 'closed') throw failure;
    return { index, ref, part, bytes: undefined, error: partError(failure, ref) };
  }
}

/** A range that begins past the end of what is stored: the chunk is too short. */
export function partError(error: LsioError, { key, range }: Pick<ChunkRef, 'key' | 'range'>): LsioError {
  if (error.kind !== 'range' || range === undefined) return error;
  const text = `${key}: found no bytes at ${range.offset}, expected ${range.length}: it is too short`;
  return new LsioError('format', text, { path: String(key), offset: range.offset, cause: error });
}

/** What failed to be decoded, with the name of the chunk; what is no failure of the chunk stays as it is. */
export function decodingError(ref: StoredChunk['ref'], cause: unknown): unknown {
  if (!(cause instanceof LsioError)) return cause;
  const name = chunkName(ref);
  return new LsioError(cause.kind, `${name}: ${cause.message}`, { ...cause, path: name, cause });
}

export function chunkName({ index, key, range }: StoredChunk['ref']): string {
  const name = key ?? `chunk ${index}`;
  return range === undefined ? name : `${name}: bytes ${range.offset} to ${range.offset + range.length}`;
}

import type { Signal } from '../abort.js';
import { LsioError } from '../errors.js';
import { type ByteRange, resolveRange } from '../range.js';
import type { AbsolutePath } from '../store/keys.js';
import type { Children } from '../store/local/children.js';
import type { ByteSource, Place } from './chunked-array.js';

interface CallOptions {
  readonly signal?: Signal | undefined;
}

/** Bytes by key, which lie in one or more sources: a directory's files, a zip file's entries, what references name. */
export interface PlaceStore {
  /** For people: a path or a URL. */
  readonly name: string;
  /** For people, what holds the values: `in a zip file`. */
  readonly how?: string;
  readonly sources: readonly ByteSource[];
  /**
   * Where the bytes of a key lie; undefined if it has none. They are given at once where they lie nowhere as they are.
   * For a plain store it says only where they would lie.
   */
  locate(key: AbsolutePath, options?: CallOptions): Promise<Place | Uint8Array | undefined>;
  /** There is one source, and keys are its keys: `locate` changes nothing. */
  readonly isPlain?: boolean;
  /** All names are in memory: listing them costs nothing. */
  readonly isListed?: boolean;
  /** Undefined where nothing lists them: plain HTTP. */
  children?(key: AbsolutePath, options?: CallOptions): Promise<Children | undefined>;
}

/** The bytes of a key; undefined if it has none. */
export async function getValue(
  store: PlaceStore,
  key: AbsolutePath,
  options?: CallOptions,
): Promise<Uint8Array | undefined> {
  const place = await store.locate(key, options);
  return place === undefined || place instanceof Uint8Array ? place : readPlace(store, place, options);
}

/** A part of the value of a key. @throws {LsioError} `range` when it begins past the end. */
export async function getPart(
  store: PlaceStore,
  key: AbsolutePath,
  range: ByteRange,
  options?: CallOptions,
): Promise<Uint8Array | undefined> {
  const place = await store.locate(key, options);
  if (place instanceof Uint8Array) {
    const { offset, length } = resolveRange(range, place.length);
    return place.subarray(offset, offset + length);
  }
  if (place?.range === undefined) {
    return place && store.sources[place.source]!.store.getRange(place.key, range, options);
  }
  const { offset, length } = resolveRange(range, place.range.length);
  return readPlace(store, { ...place, range: { offset: place.range.offset + offset, length } }, options);
}

/** The size of the value of a key, in bytes; undefined if it has none. */
export async function sizeOf(store: PlaceStore, key: AbsolutePath, options?: CallOptions): Promise<number | undefined> {
  const place = await store.locate(key, options);
  if (place === undefined || place instanceof Uint8Array) return place?.length;
  return place.range?.length ?? (await store.sources[place.source]!.store.head(place.key, options))?.size;
}

/** @throws {LsioError} `format` where there are fewer bytes than the place says, `read` where it is required and absent. */
export async function readPlace(
  store: PlaceStore,
  place: Place,
  options?: CallOptions,
): Promise<Uint8Array | undefined> {
  const { source, key, range } = place;
  const from = store.sources[source]!.store;
  if (range?.length === 0) return new Uint8Array(0);
  const bytes = await (range === undefined ? from.get(key, options) : from.getRange(key, range, options));
  checkPlace(place, bytes);
  return bytes;
}

/**
 * Checks what was read against what is known of the place.
 *
 * @throws {LsioError} `format` for another number of bytes, `read` for nothing where something is required.
 */
export function checkPlace(
  { key, range, required }: Pick<Place, 'key' | 'range' | 'required'>,
  bytes: Uint8Array | undefined,
): void {
  if (bytes === undefined) {
    if (required !== true) return;
    throw new LsioError('read', `${key}: no such file (ENOENT at byte ${range?.offset ?? 0})`, {
      code: 'ENOENT',
      path: key,
    });
  }
  if (range === undefined || bytes.length === range.length) return;
  const found = `found ${bytes.length} bytes at ${range.offset}, expected ${range.length}`;
  throw new LsioError('format', `${key}: ${found}`, { path: key, offset: range.offset });
}

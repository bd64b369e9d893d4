import type { Signal } from '../abort.js';
import type { OwnedBytes } from '../memory/owned.js';
import type { ByteRange } from '../range.js';
import type { ReadBatches, ReadManyOptions } from '../read/read-many.js';
import type { Key } from './keys.js';

export interface GetOptions {
  /** The call rejects at once with the signal's reason. */
  readonly signal?: Signal | undefined;
}

/** How a value is read. */
export interface GetValueOptions extends GetOptions {
  /** An etag that `head` gave: a value that has another one by now is not read; the call rejects with `changed`. */
  readonly ifMatch?: string | undefined;
  /**
   * Of S3, Google and Azure, where the bucket keeps older contents: the one to read, by the service's own name for it. A
   * version that isn't there is as a value that isn't there. Other stores refuse it.
   */
  readonly version?: string | undefined;
}

export interface GetRangeOptions extends GetValueOptions {
  /**
   * Memory of the caller for the bytes: the answer is its beginning. A buffer that is used again and again is in the
   * CPU's cache; fresh memory for each read of 4 KiB takes nearly as long as the read. It must hold the whole range, which
   * must say its length, and is the caller's again when the promise settles.
   */
  readonly into?: Uint8Array | undefined;
}

export interface ListOptions extends GetOptions {
  /** `/`: of what has more below it, only the part up to there, with a slash at its end, as in a directory. */
  readonly delimiter?: '/' | undefined;
}

/** What every store knows of bulk reads; a store may know more. */
export type GetManyOptions = ReadManyOptions;

/** A value, or a part of one, to be read. Whatever else is in it comes back with the item. */
export interface StoreRequest {
  readonly key: Key;
  /** Absent: the whole value. */
  readonly range?: ByteRange | undefined;
}

/** A request, of requests or of arrays of them. */
export type RequestOf<T> = T extends readonly (infer R)[] ? R : T;

/** What is known of a value without reading it. */
export interface ObjectMeta {
  readonly key: Key;
  /** Bytes. */
  readonly size: number;
  readonly modified?: Date | undefined;
  /** Another text for each content that the value has had, as far as the store can tell. */
  readonly etag?: string | undefined;
  /** Of stores that keep older contents of a value. */
  readonly version?: string | undefined;
}

/** A value that a listing gives: a request for all of it, and what the listing tells besides. */
export interface ListEntry extends Omit<ObjectMeta, 'key' | 'size'> {
  readonly key: string;
  readonly size?: number | undefined;
}

/** What a store can do, and what it takes. */
export interface StoreCapabilities {
  /** Whether `list` works. */
  readonly list: boolean;
  /** Reads in flight at most. */
  readonly inFlightMax: number;
  /** What a read takes besides its bytes, and how fast bytes come: gaps that take less time than a read are worth reading. */
  readonly cost: { readonly requestNs: number; readonly bytesPerSecond: number };
}

/**
 * Values by key, in the shape of zarrita's stores: `get` and `getRange` are its `AsyncReadable`.
 *
 * A key is `/a/b`; the first slash may be left out, and no part is empty, `.` or `..`. A key without a value is no
 * error: the answer is `undefined`. What a range means is said on {@link ByteRange}. `get` and `getRange` return memory of
 * exactly the value's length, with an ArrayBuffer of its own, which can be transferred to a worker.
 *
 * All methods fail with an `LsioError`: `usage` for a malformed key, range or option, `read` when the value can't be read,
 * `range` when a range begins past its end, `changed` when it changes while it is read or isn't as asked for, `closed` after `close()`; or with
 * the reason of the signal.
 */
export interface Store extends AsyncDisposable {
  readonly capabilities: StoreCapabilities;
  get(key: Key, options?: GetValueOptions): Promise<OwnedBytes | undefined>;
  getRange(key: Key, range: ByteRange, options?: GetRangeOptions): Promise<OwnedBytes | undefined>;
  /**
   * Reads any number of values in bulk: requests one at a time or in arrays, items in batches. Ranges of one value that
   * follow one another and lie close together are read at once. What fails, fails alone, also for a key without a value
   * (`ENOENT`). A value of more than 8 MiB comes in several items.
   */
  getMany<T extends StoreRequest | readonly StoreRequest[]>(
    requests: Iterable<T> | AsyncIterable<T>,
    options?: GetManyOptions,
  ): ReadBatches<RequestOf<T>>;
  head(key: Key, options?: GetOptions): Promise<ObjectMeta | undefined>;
  /** The values whose keys begin with `prefix`, default all, in the order of the keys' bytes. */
  list(prefix?: string, options?: ListOptions): AsyncIterableIterator<ListEntry>;
  /** Gives everything back. What is under way rejects with `closed`. */
  close(): Promise<void>;
}

/** Whether an error says that a key has no value: nothing is under that name, or a directory. */
export function isAbsent(error: { readonly code?: string | undefined }): boolean {
  return error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'EISDIR';
}

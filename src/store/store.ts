import type { OwnedBytes } from '../memory/owned.js';
import type { ByteRange } from '../range.js';
import type { Signal } from '../read/abort.js';
import type { Key } from './keys.js';
import type { ReadOrder } from './local/device-order.js';
import type { DirectChoice } from './local/direct.js';
import type { ReadItem } from './read-item.js';
import type { ReadManyOptions } from './read-many.js';

export interface GetOptions {
  /** The call rejects at once with the signal's reason. */
  readonly signal?: Signal | undefined;
}

export interface GetRangeOptions extends GetOptions {
  /**
   * Memory of the caller for the bytes: the answer is its beginning. A buffer that is used again and again is in the
   * CPU's cache; fresh memory for each read of 4 KiB takes nearly as long as the read. It must hold the whole range, which
   * must say its length, and is the caller's again when the promise settles.
   */
  readonly into?: Uint8Array | undefined;
}

export interface GetManyOptions extends ReadManyOptions {
  /**
   * Whether values are read past the page cache, as {@link ReadManyOptions.direct}.
   * @default what the store was opened with, else 'off'
   */
  readonly direct?: DirectChoice | undefined;
  /**
   * In which order they are read: that of the requests, or about that in which they lie on the device, for which more
   * requests are taken in advance.
   * @default 'given'
   */
  readonly readOrder?: ReadOrder | undefined;
}

/** A value, or a part of one, to be read. */
export interface StoreRequest {
  readonly key: Key;
  /** Absent: the whole value. */
  readonly range?: ByteRange | undefined;
}

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
export type ListEntry = Partial<ObjectMeta> & { readonly key: string };

/**
 * Values by key, in the shape of zarrita's stores: `get` and `getRange` are its `AsyncReadable`.
 *
 * A key is `/a/b`; the first slash may be left out, and no part is empty, `.` or `..`. A key without a value is no
 * error: the answer is `undefined`. What a range means is said on {@link ByteRange}. `get` and `getRange` return memory of
 * exactly the value's length, with an ArrayBuffer of its own, which can be transferred to a worker.
 *
 * All methods reject with an `LsioError`: `usage` for a malformed key or range, `read` when the value can't be read,
 * `range` when a range begins past its end, `changed` when it changes while it is read, `closed` after `close()`; or with
 * the reason of the signal.
 */
export interface Store extends AsyncDisposable {
  get(key: Key, options?: GetOptions): Promise<OwnedBytes | undefined>;
  getRange(key: Key, range: ByteRange, options?: GetRangeOptions): Promise<OwnedBytes | undefined>;
  /**
   * Several ranges of one value, in any order; they may overlap. Those that lie close together are read at once.
   *
   * @returns the bytes of each range, in the order of `ranges`.
   */
  getRanges(key: Key, ranges: readonly ByteRange[], options?: GetOptions): Promise<OwnedBytes[] | undefined>;
  /**
   * Reads any number of values in bulk. The bytes of an item are lent: good until the next item is asked for. Ranges of
   * one value that follow one another and lie close together are read at once. A value of
   * more than 8 MiB comes in several items. What fails, fails alone: the item has an `error`, also for a key without a
   * value (`ENOENT`).
   */
  getMany<R extends StoreRequest>(
    requests: Iterable<R> | AsyncIterable<R>,
    options?: GetManyOptions,
  ): AsyncIterableIterator<ReadItem<R>>;
  head(key: Key, options?: GetOptions): Promise<ObjectMeta | undefined>;
  /** The values whose keys begin with `prefix`, default all, in the order of the keys' bytes. */
  list(prefix?: string, options?: GetOptions): AsyncIterableIterator<ListEntry>;
  /** Gives everything back. What is under way rejects with `closed`. */
  close(): Promise<void>;
}

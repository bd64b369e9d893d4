import type { ByteRange } from '../range.js';
import type { AbsolutePath } from './keys.js';
import type { ReadOrder } from './local/device-order.js';
import type { DirectChoice } from './local/direct.js';
import type { ReadItem } from './read-item.js';
import type { ReadManyOptions } from './read-many.js';

export interface GetOptions {
  /** The call rejects at once with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
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
   * In which order they are read: about that in which they lie on the device, or that of the requests, of which fewer are
   * taken in advance then.
   * @default 'device', with `ordered` 'given'
   */
  readonly readOrder?: ReadOrder | undefined;
}

/** A value, or a part of one, to be read. */
export interface StoreRequest {
  readonly key: AbsolutePath;
  /** Absent: the whole value. */
  readonly range?: ByteRange | undefined;
}

/** What is known of a value without reading it. */
export interface ValueInfo {
  /** Bytes. */
  readonly size: number;
  readonly modified: Date;
}

/**
 * Values by key, in the shape of zarrita's stores: `get` and `getRange` are its `AsyncReadable`.
 *
 * Keys begin with a slash and have no empty, `.` or `..` part. A key without a value is no error: the answer is
 * `undefined`. What a range means is said on {@link ByteRange}. Memory that is returned belongs to the caller, except
 * where an item of `getMany` lends it.
 *
 * All methods reject with an `LsioError`: `usage` for a malformed key or range, `read` when the value can't be read,
 * `range` when a range begins past its end, `changed` when it changes while it is read, `closed` after `close()`; or with
 * the reason of the signal.
 */
export interface Store extends AsyncDisposable {
  get(key: AbsolutePath, options?: GetOptions): Promise<Uint8Array | undefined>;
  getRange(key: AbsolutePath, range: ByteRange, options?: GetRangeOptions): Promise<Uint8Array | undefined>;
  /**
   * Several ranges of one value, in any order; they may overlap. Those that lie close together are read at once.
   *
   * @returns the bytes of each range, in the order of `ranges`.
   */
  getRanges(key: AbsolutePath, ranges: readonly ByteRange[], options?: GetOptions): Promise<Uint8Array[] | undefined>;
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
  head(key: AbsolutePath, options?: GetOptions): Promise<ValueInfo | undefined>;
  /** The keys that begin with `prefix`, default all, in the order of their bytes. */
  list(prefix?: AbsolutePath, options?: GetOptions): AsyncIterableIterator<AbsolutePath>;
  /** Gives everything back. What is under way rejects with `closed`. */
  close(): Promise<void>;
}

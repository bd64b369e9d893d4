import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Engine, type EngineInfo, PIECE_BYTES_MAX, TO_END } from '../../engine/engine.js';
import { type EngineOptions, openEngine } from '../../engine/open.js';
import { LsioError, readError } from '../../errors.js';
import { OwnedMemory } from '../../memory/owned.js';
import { type ByteRange, checkRange } from '../../range.js';
import { Gathering } from '../gather.js';
import type { Requests } from '../intake.js';
import { type AbsolutePath, keyToPath } from '../keys.js';
import type { ItemIterator, ReadItem } from '../read-item.js';
import { ManyReads } from '../read-many.js';
import type { GetManyOptions, GetOptions, GetRangeOptions, Store, StoreRequest, ValueInfo } from '../store.js';
import type { DirectChoice } from './direct.js';
import { FileCache } from './file-cache.js';
import { listKeys } from './list.js';
import { PointReads, tooSmall } from './point-reads.js';

export interface LocalStoreOptions extends EngineOptions {
  /**
   * Whether `getMany` reads past the page cache, as {@link GetManyOptions.direct}. Single values and ranges, which are
   * often read again, never do.
   * @default 'off'
   */
  readonly direct?: DirectChoice | undefined;
}

/** What says that there is no value: nothing under that name, or a directory. */
const ABSENT: readonly (string | undefined)[] = ['ENOENT', 'ENOTDIR', 'EISDIR'];

/**
 * The files below a directory, by key: `/a/b` is the file `a/b` in it.
 *
 * A value is a regular file; a directory is none. Symbolic links are followed, also out of the root: a key can't lead out
 * of it, but a link can. `getRange` keeps a file open for up to a second: when it is replaced under its name meanwhile,
 * ranges still come from the one before. `get`, `getRanges` and `getMany` open it anew.
 *
 * Small values that are returned share blocks of 64 KiB of memory: keeping one keeps its block.
 *
 * @example
 * await using store = await LocalStore.open('data.zarr');
 * const metadata = await store.get('/zarr.json');
 * const tail = await store.getRange('/c/0', { suffixLength: 16 });
 */
export class LocalStore implements Store {
  readonly #engine: Engine;
  readonly #root: string;
  readonly #direct: DirectChoice | undefined;
  readonly #files: FileCache;
  readonly #points: PointReads;
  readonly #memory = new OwnedMemory();
  #closing: Promise<void> | undefined;

  /**
   * @throws {LsioError} `read` when `root` is no directory; as {@link openEngine}.
   */
  static async open(root: string, options: LocalStoreOptions = {}): Promise<LocalStore> {
    const path = resolve(root);
    const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
      throw statError(path, error);
    });
    if (!stats.isDirectory()) throw new LsioError('read', `${path}: not a directory`, { code: 'ENOTDIR', path });
    // The root directory itself already ends with the slash that keys begin with.
    return new LocalStore(path.endsWith('/') ? path.slice(0, -1) : path, await openEngine(options), options.direct);
  }

  private constructor(root: string, engine: Engine, direct: DirectChoice | undefined) {
    this.#root = root;
    this.#direct = direct;
    this.#engine = engine;
    this.#files = new FileCache(engine, root);
    this.#points = new PointReads(engine, this.#files, ({ path, signal }) => this.#readOne(path, undefined, signal));
  }

  /** What runs the reads, and why. */
  get info(): EngineInfo {
    return this.#engine.info;
  }

  get(key: AbsolutePath, { signal }: GetOptions = {}): Promise<Uint8Array | undefined> {
    try {
      this.#check(signal);
      const path = keyToPath(this.#root, key);
      return this.#points.read({ path, offset: 0, length: TO_END, signal, into: undefined, file: undefined });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  getRange(
    key: AbsolutePath,
    range: ByteRange,
    { signal, into }: GetRangeOptions = {},
  ): Promise<Uint8Array | undefined> {
    try {
      this.#check(signal);
      checkRange(range);
      if (into !== undefined) checkInto(range, into);
      if ('suffixLength' in range || range.length === undefined || range.length > PIECE_BYTES_MAX) {
        return this.#readOne(keyToPath(this.#root, key), range, signal, into);
      }
      const file = this.#files.take(key);
      return this.#points.read({ path: file.path, offset: range.offset, length: range.length, signal, into, file });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async getRanges(
    key: AbsolutePath,
    ranges: readonly ByteRange[],
    { signal }: GetOptions = {},
  ): Promise<Uint8Array[] | undefined> {
    this.#check(signal);
    for (const range of ranges) checkRange(range);
    return this.#readRanges(keyToPath(this.#root, key), ranges, signal);
  }

  getMany<R extends StoreRequest>(requests: Requests<R>, options: GetManyOptions = {}): ItemIterator<ReadItem<R>> {
    const reads = new ManyReads(this.#engine, requests, {
      ...options,
      direct: options.direct ?? this.#direct,
      pathOf: (request) => keyToPath(this.#root, request.key),
    });
    if (this.#closing !== undefined) reads.fail(closedError());
    return reads;
  }

  async head(key: AbsolutePath, { signal }: GetOptions = {}): Promise<ValueInfo | undefined> {
    this.#check(signal);
    const path = keyToPath(this.#root, key);
    const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (ABSENT.includes(error.code)) return undefined;
      throw statError(path, error);
    });
    this.#check(signal);
    return stats?.isFile() ? { size: stats.size, modified: stats.mtime } : undefined;
  }

  async *list(prefix: AbsolutePath = '/', { signal }: GetOptions = {}): AsyncIterableIterator<AbsolutePath> {
    this.#check(signal);
    for await (const key of listKeys(this.#root, prefix)) {
      this.#check(signal);
      yield key;
    }
  }

  close(): Promise<void> {
    if (this.#closing === undefined) {
      this.#files.close();
      this.#closing = this.#engine.close();
    }
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #check(signal: AbortSignal | undefined): void {
    if (this.#closing !== undefined) throw closedError();
    signal?.throwIfAborted();
  }

  async #readOne(path: string, range: ByteRange | undefined, signal: AbortSignal | undefined, into?: Uint8Array) {
    const [value] = (await this.#readRanges(path, [range], signal)) ?? [];
    if (value === undefined || into === undefined) return value;
    if (into.length < value.length) throw tooSmall(value.length, into);
    into.set(value);
    return into.subarray(0, value.length);
  }

  /** Reads ranges of one file in bulk: what is long, in pieces; what lies close together, at once. */
  async #readRanges(path: string, ranges: readonly (ByteRange | undefined)[], signal: AbortSignal | undefined) {
    const requests = ranges.map((range) => ({ range }));
    const reads = new ManyReads(this.#engine, requests, { pathOf: () => path, readOrder: 'given', signal });
    const gathering = new Gathering(this.#memory);
    const values = new Array<Uint8Array>(ranges.length);
    for await (const item of reads) {
      if (item.error !== undefined) {
        if (ABSENT.includes(item.error.code)) return undefined;
        throw item.error;
      }
      const value = gathering.add(item);
      if (value !== undefined) values[item.index] = value;
    }
    return values;
  }
}

/** @throws {LsioError} `usage` */
function checkInto(range: ByteRange, into: Uint8Array): void {
  const length = 'suffixLength' in range ? range.suffixLength : range.length;
  if (length === undefined) throw new LsioError('usage', 'a range that is read into memory says its length');
  if (into.length < length) throw tooSmall(length, into);
}

function closedError(): LsioError {
  return new LsioError('closed', 'the store is closed');
}

function statError(path: string, error: NodeJS.ErrnoException): unknown {
  return error.errno === undefined ? error : readError(path, 0, -error.errno);
}

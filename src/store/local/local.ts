import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Engine, type EngineInfo, PIECE_BYTES_MAX, TO_END } from '../../engine/engine.js';
import { type EngineOptions, openEngine } from '../../engine/open.js';
import { LsioError, readError } from '../../errors.js';
import type { OwnedBytes } from '../../memory/owned.js';
import { shown } from '../../printable.js';
import { type ByteRange, checkRange } from '../../range.js';
import type { Signal } from '../../read/abort.js';
import { checkOptions, isBoolean, isSignal, oneOf } from '../check.js';
import { Gathering } from '../gather.js';
import type { Requests } from '../intake.js';
import { checkPrefix, type Key, keyToPath } from '../keys.js';
import type { ItemIterator, ReadItem } from '../read-item.js';
import { ManyReads } from '../read-many.js';
import type {
  GetManyOptions,
  GetOptions,
  GetRangeOptions,
  ListEntry,
  ObjectMeta,
  Store,
  StoreRequest,
} from '../store.js';
import type { DirectChoice } from './direct.js';
import { FileCache } from './file-cache.js';
import { listKeys } from './list.js';
import { type Point, PointReads, tooSmall } from './point-reads.js';

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

const isDirect = oneOf('auto', 'on', 'off');
/** Numbers are checked where they are used: the error can say what is allowed. */
const anything = () => true;
const OPEN_OPTIONS = {
  engine: oneOf('auto', 'uring', 'node'),
  rings: anything,
  queueDepth: anything,
  direct: isDirect,
};
const GET_OPTIONS = { signal: isSignal };
const GET_RANGE_OPTIONS = { signal: isSignal, into: (value: unknown) => value instanceof Uint8Array };
const GET_MANY_OPTIONS = {
  signal: isSignal,
  ordered: isBoolean,
  readOrder: oneOf('device', 'given'),
  direct: isDirect,
  coalesce: anything,
  readBytesMax: anything,
};

/**
 * The files below a directory, by key: `/a/b` is the file `a/b` in it.
 *
 * A value is a regular file; a directory is none. Symbolic links are followed, also out of the root: a key can't lead out
 * of it, but a link can. `getRange` keeps a file open for up to a second: when it is replaced under its name meanwhile,
 * ranges still come from the one before, unless they begin past its end. The other methods open it anew.
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
  #closing: Promise<void> | undefined;

  /**
   * @throws {LsioError} `usage` for options that there aren't; `read` when `root` is no directory; `unavailable` when the
   * engine that was asked for doesn't work.
   */
  static async open(root: string, options?: LocalStoreOptions): Promise<LocalStore> {
    if (typeof root !== 'string' || root === '' || root.includes('\0')) {
      throw new LsioError('usage', `${shown(root)} is not the path of a directory`);
    }
    checkOptions(options, OPEN_OPTIONS);
    const path = resolve(root);
    const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
      throw statError(path, error);
    });
    if (!stats.isDirectory()) throw new LsioError('read', `${path}: not a directory`, { code: 'ENOTDIR', path });
    // The root directory itself already ends with the slash that keys begin with.
    return new LocalStore(path.endsWith('/') ? path.slice(0, -1) : path, await openEngine(options), options?.direct);
  }

  private constructor(root: string, engine: Engine, direct: DirectChoice | undefined) {
    this.#root = root;
    this.#direct = direct;
    this.#engine = engine;
    this.#files = new FileCache(engine, (key) => keyToPath(root, key) as string);
    this.#points = new PointReads(engine, this.#files, (point) => this.#readLong(point));
  }

  /** What runs the reads, and why. */
  get info(): EngineInfo {
    return this.#engine.info;
  }

  get(key: Key, options?: GetOptions): Promise<OwnedBytes | undefined> {
    try {
      const signal = this.#begin(options, GET_OPTIONS);
      const path = keyToPath(this.#root, key);
      const whole = { path, offset: 0, length: TO_END, suffixLength: -1, signal, into: undefined, file: undefined };
      return this.#points.read(whole);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  getRange(key: Key, range: ByteRange, options?: GetRangeOptions): Promise<OwnedBytes | undefined> {
    try {
      const signal = this.#begin(options, GET_RANGE_OPTIONS);
      checkRange(range);
      const into = options?.into;
      if (into !== undefined) checkInto(range, into);
      if ('suffixLength' in range) {
        const { suffixLength } = range;
        const path = keyToPath(this.#root, key);
        return this.#points.read({ path, offset: 0, length: TO_END, suffixLength, signal, into, file: undefined });
      }
      const { offset, length = TO_END } = range;
      const isLong = length > PIECE_BYTES_MAX;
      const file = typeof key === 'string' && !isLong ? this.#files.take(key) : undefined;
      const path = file?.path ?? keyToPath(this.#root, key);
      const point = { path, offset, length, suffixLength: -1, signal, into, file };
      return isLong ? this.#readLong(point) : this.#points.read(point);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async getRanges(key: Key, ranges: readonly ByteRange[], options?: GetOptions): Promise<OwnedBytes[] | undefined> {
    const signal = this.#begin(options, GET_OPTIONS);
    if (!Array.isArray(ranges)) throw new LsioError('usage', `${shown(ranges)} is not an array of ranges`);
    for (const range of ranges) checkRange(range);
    return this.#readRanges(keyToPath(this.#root, key), ranges, signal);
  }

  getMany<R extends StoreRequest>(requests: Requests<R>, options?: GetManyOptions): ItemIterator<ReadItem<R>> {
    checkOptions(options, GET_MANY_OPTIONS);
    const reads = new ManyReads(this.#engine, requests, {
      ...options,
      direct: options?.direct ?? this.#direct,
      pathOf: (request) => keyToPath(this.#root, request.key),
    });
    if (this.#closing !== undefined) reads.fail(closedError());
    return reads;
  }

  async head(key: Key, options?: GetOptions): Promise<ObjectMeta | undefined> {
    const signal = this.#begin(options, GET_OPTIONS);
    const path = keyToPath(this.#root, key);
    const stats = await stat(typeof path === 'string' ? path : Buffer.from(path), { bigint: true }).catch((error) => {
      if (ABSENT.includes(error.code)) return undefined;
      throw statError(Buffer.from(path).toString(), error);
    });
    this.#check(signal);
    if (!stats?.isFile()) return undefined;
    const etag = [stats.ino, stats.mtimeNs, stats.size].map((part) => part.toString(16)).join('-');
    return { key, size: Number(stats.size), modified: stats.mtime, etag };
  }

  async *list(prefix: string = '/', options?: GetOptions): AsyncIterableIterator<ListEntry> {
    const signal = this.#begin(options, GET_OPTIONS);
    for await (const key of listKeys(this.#root, checkPrefix(prefix))) {
      this.#check(signal);
      yield { key };
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

  #begin(options: GetOptions | undefined, checks: Parameters<typeof checkOptions>[1]): Signal | undefined {
    if (options !== undefined) checkOptions(options, checks);
    const signal = options?.signal;
    this.#check(signal);
    return signal;
  }

  #check(signal: Signal | undefined): void {
    if (this.#closing !== undefined) throw closedError();
    signal?.throwIfAborted();
  }

  /** Reads what is too long for one read. */
  async #readLong({ path, offset, length, suffixLength, signal, into }: Point): Promise<OwnedBytes | undefined> {
    const range = suffixLength >= 0 ? { suffixLength } : length === TO_END ? { offset } : { offset, length };
    const [value] = (await this.#readRanges(path, [range], signal)) ?? [];
    if (value === undefined || into === undefined) return value;
    if (into.length < value.length) throw tooSmall(value.length, into);
    into.set(value);
    return into.subarray(0, value.length) as OwnedBytes;
  }

  /** Reads ranges of one file in bulk: what is long, in parts; what lies close together, at once. */
  async #readRanges(path: Uint8Array | string, ranges: readonly ByteRange[], signal: Signal | undefined) {
    const requests = ranges.map((range) => ({ range }));
    const reads = new ManyReads(this.#engine, requests, { pathOf: () => path, signal });
    const gathering = new Gathering();
    const values = new Array<OwnedBytes>(ranges.length);
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

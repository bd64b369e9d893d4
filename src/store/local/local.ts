import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Signal } from '../../abort.js';
import { systemClock } from '../../clock.js';
import { BUFFER_BYTES_MAX, type Engine, type EngineInfo, type Path, TO_END } from '../../engine/engine.js';
import { type EngineOptions, openEngine } from '../../engine/open.js';
import { sizeOf } from '../../engine/size.js';
import { LsioError } from '../../errors.js';
import type { OwnedBytes } from '../../memory/owned.js';
import { COSTS } from '../../plan/coalesce.js';
import { shown } from '../../printable.js';
import { type ByteRange, checkRange } from '../../range.js';
import { ManyReads, type ReadBatches } from '../../read/read-many.js';
import type { Requests } from '../../read/request-queue.js';
import { checkOptions } from '../check.js';
import { checkPrefix, type Key, keyToPath } from '../keys.js';
import { gather } from '../ranges.js';
import type {
  GetManyOptions,
  GetOptions,
  GetRangeOptions,
  GetValueOptions,
  ListEntry,
  ListOptions,
  ObjectMeta,
  RequestOf,
  Store,
  StoreCapabilities,
  StoreRequest,
} from '../store.js';
import {
  checkInto,
  GET_MANY_OPTIONS,
  GET_OPTIONS,
  GET_RANGE_OPTIONS,
  HEAD_OPTIONS,
  isIntoAlone,
  LIST_OPTIONS,
  OPEN_OPTIONS,
} from './checks.js';
import { DeviceOrder, type ReadOrder } from './device-order.js';
import { type DirectChoice, DirectReads } from './direct.js';
import { FileCache } from './file-cache.js';
import { listKeys } from './list.js';
import { metaOf, readMatching, statError } from './meta.js';
import type { Point } from './point-read.js';
import { PointReads, tooSmall } from './point-reads.js';
import { type LocalStoreRecipe, recipeOf } from './recipe.js';

/** What only local files know of bulk reads. */
export interface LocalReadOptions extends GetManyOptions {
  /**
   * Whether reads bypass the page cache, by O_DIRECT: `on` where the file system has it; `auto` while the files, a few of
   * which are probed, are not in the page cache. Uncached reads take half the CPU time or less; but they leave nothing in
   * the page cache, so that reading the same again takes as long as the first time.
   * @default What the store was opened with, else 'off'.
   */
  readonly direct?: DirectChoice | undefined;
  /**
   * In which order files are read: `given`, that of the requests; or `device`, by inode number, where some dozens of files
   * of a directory are asked for at a time and aren't in the page cache. Up to 20,480 requests are taken in advance for
   * that, 2,048 with `ordered`, as far as they are there.
   * @default 'given'
   */
  readonly readOrder?: ReadOrder | undefined;
}

export interface LocalStoreOptions extends EngineOptions {
  /**
   * Whether `getMany` bypasses the page cache, as {@link LocalReadOptions.direct}. Single values and ranges, which are
   * often read again, never do.
   * @default 'off'
   */
  readonly direct?: DirectChoice | undefined;
}

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
  readonly capabilities: StoreCapabilities;
  readonly #engine: Engine;
  readonly #pathOf: (key: Key) => Path;
  /** Undefined: keys are paths. */
  readonly #root: string | undefined;
  readonly #direct: DirectChoice;
  readonly #asked: LocalStoreOptions;
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
    const base = path.endsWith('/') ? path.slice(0, -1) : path;
    return new LocalStore(await openEngine(options), base, options);
  }

  /**
   * A store whose keys are paths as the system takes them, over an engine of one's own: for the command line and tests.
   *
   * @internal
   */
  static ofPaths(engine: Engine): LocalStore {
    return new LocalStore(engine, undefined);
  }

  private constructor(engine: Engine, root: string | undefined, asked: LocalStoreOptions = {}) {
    const { queueDepth, rings } = engine.info;
    this.capabilities = { list: true, inFlightMax: queueDepth * rings, cost: COSTS.buffered };
    this.#root = root;
    this.#direct = asked.direct ?? 'off';
    this.#asked = asked;
    this.#engine = engine;
    this.#pathOf = root === undefined ? checkPathKey : (key) => keyToPath(root, key);
    this.#files = new FileCache(engine, (key) => this.#pathOf(key) as string);
    this.#points = new PointReads(engine, this.#files, (point, sizeBytes) => this.#readLong(point, sizeBytes));
  }

  /** What runs the reads, and why. */
  get info(): EngineInfo {
    return this.#engine.info;
  }

  /** @internal How another thread opens one like it; undefined for a store of paths. */
  get recipe(): LocalStoreRecipe | undefined {
    return this.#root === undefined ? undefined : recipeOf(this.#root, this.info, this.#asked);
  }

  get(key: Key, options?: GetValueOptions): Promise<OwnedBytes | undefined> {
    try {
      const signal = this.#begin(options, GET_OPTIONS);
      const path = this.#pathOf(key);
      const whole = { path, offset: 0, length: TO_END, suffixLength: -1, signal, into: undefined, file: undefined };
      return this.#read(whole, options?.ifMatch);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  getRange(key: Key, range: ByteRange, options?: GetRangeOptions): Promise<OwnedBytes | undefined> {
    try {
      if (options !== undefined && !isIntoAlone(options)) checkOptions(options, GET_RANGE_OPTIONS);
      const signal = options?.signal;
      this.#check(signal);
      checkRange(range);
      const isSuffix = 'suffixLength' in range;
      const suffixLength = isSuffix ? range.suffixLength : -1;
      const offset = isSuffix ? 0 : range.offset;
      const length = isSuffix ? TO_END : (range.length ?? TO_END);
      const into = options?.into;
      if (into !== undefined) checkInto(isSuffix ? suffixLength : length, into);
      const ifMatch = options?.ifMatch;
      if (typeof key === 'string' && length <= BUFFER_BYTES_MAX && ifMatch === undefined) {
        const file = this.#files.take(key);
        return this.#points.read({ path: file.path, offset, length, suffixLength, signal, into, file });
      }
      // A file that is kept open may be the one before.
      const path = this.#pathOf(key);
      return this.#read({ path, offset, length, suffixLength, signal, into, file: undefined }, ifMatch);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  getMany<T extends StoreRequest | readonly StoreRequest[]>(
    requests: Iterable<T> | AsyncIterable<T>,
    options?: LocalReadOptions,
  ): ReadBatches<RequestOf<T>> {
    checkOptions(options, GET_MANY_OPTIONS);
    const direct = options?.direct ?? this.#direct;
    const { clock = systemClock } = this.#engine;
    const backend = {
      engine: this.#engine,
      sizeOf,
      direct: direct === 'off' ? undefined : new DirectReads(direct, this.#engine.info.engine, clock),
      ordering: options?.readOrder === 'device' ? new DeviceOrder(clock) : undefined,
    };
    // Many ranges of one file follow one another. Bytes of a key may be others meanwhile.
    let latest: { readonly key: Key; readonly path: Path } | undefined;
    const pathOf = ({ key }: StoreRequest) => {
      if (latest !== undefined && latest.key === key) return latest.path;
      const path = this.#pathOf(key);
      latest = typeof key === 'string' ? { key, path } : undefined;
      return path;
    };
    const reads = new ManyReads<StoreRequest>(backend, requests as Requests<StoreRequest>, { ...options, pathOf });
    if (this.#closing !== undefined) reads.fail(closedError());
    return reads.batches as unknown as ReadBatches<RequestOf<T>>;
  }

  async head(key: Key, options?: GetOptions): Promise<ObjectMeta | undefined> {
    const signal = this.#begin(options, HEAD_OPTIONS);
    const meta = await metaOf(this.#pathOf(key));
    this.#check(signal);
    return meta && { key, ...meta };
  }

  async *list(prefix: string = '/', options?: ListOptions): AsyncIterableIterator<ListEntry> {
    const signal = this.#begin(options, LIST_OPTIONS);
    if (this.#root === undefined) throw new LsioError('usage', 'a store of paths has no list of them');
    for await (const key of listKeys(this.#root, checkPrefix(prefix), options?.delimiter === '/')) {
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

  #read(point: Point, ifMatch: string | undefined): Promise<OwnedBytes | undefined> {
    if (ifMatch === undefined) return this.#readAny(point);
    return readMatching(point.path, ifMatch, () => this.#readAny(point));
  }

  #readAny(point: Point): Promise<OwnedBytes | undefined> {
    return point.length > BUFFER_BYTES_MAX ? this.#readLong(point, undefined) : this.#points.read(point);
  }

  /**
   * Reads what is too long for one read.
   *
   * @param sizeBytes The size of the file, if it is known.
   */
  async #readLong(point: Point, sizeBytes: number | undefined): Promise<OwnedBytes | undefined> {
    const { path, offset, length, suffixLength, signal, into } = point;
    const range = suffixLength >= 0 ? { suffixLength } : length === TO_END ? { offset } : { offset, length };
    const backend = { engine: this.#engine, sizeOf };
    const reads = new ManyReads(backend, [{ range }], { signal, pathOf: () => path, sizeBytes });
    const [value] = (await gather(reads.batches, 1)) ?? [];
    if (value === undefined || into === undefined) return value;
    if (into.length < value.length) throw tooSmall(value.length, into);
    into.set(value);
    return into.subarray(0, value.length) as OwnedBytes;
  }
}

/** A path may be any text or bytes: the system judges it. */
function checkPathKey(key: Key): Path {
  if (typeof key === 'string' || key instanceof Uint8Array) return key;
  throw new LsioError('usage', `${shown(key)} is not a path`);
}

function closedError(): LsioError {
  return new LsioError('closed', 'the store is closed');
}

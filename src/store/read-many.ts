import { type Engine, type Path, PIECE_BYTES_MAX, type Run } from '../engine/engine.js';
import { LsioError } from '../errors.js';
import type { Coalesce } from '../plan/coalesce.js';
import { shown } from '../printable.js';
import { type Abortable, addAbortable, removeAbortable, type Signal } from '../read/abort.js';
import type { Ranged } from './admission.js';
import { Delivery } from './delivery.js';
import { Intake, type Requests } from './intake.js';
import type { ReadOrder } from './local/device-order.js';
import { type DirectChoice, DirectReads } from './local/direct.js';
import type { Item, ItemIterator, ReadItem, ReadRequest } from './read-item.js';
import { Reads } from './reads.js';

export interface ReadManyOptions {
  /** Ends the reading: the iteration throws the signal's reason. */
  readonly signal?: Signal | undefined;
  /**
   * Hand items out in the order of the requests; else as they come, which is faster when some take longer than others.
   * @default false
   */
  readonly ordered?: boolean | undefined;
  /**
   * In which order the files are read. `device`: in about that in which they lie on the device, by inode number, where
   * some dozens of files of a directory are asked for at a time and aren't in the page cache: up to 20,480 requests are
   * taken in advance for that, 2,048 with `ordered`, as far as they are there. `given`: in that of the requests.
   * @default 'given'
   */
  readonly readOrder?: ReadOrder | undefined;
  /**
   * Past the page cache, by O_DIRECT: `on` where the file system has it; `auto` while the files, a few of which are looked
   * at, are not in the page cache. Cold reads take half the CPU time or less; but nothing of them stays in the page cache,
   * so that reading the same again takes as long as the first time.
   * @default 'off'
   */
  readonly direct?: DirectChoice | undefined;
  /**
   * Whether ranges of one file that follow one another in the list are read at once where they lie close together: `auto`
   * where the gap between them takes no longer than another read. Their items own their bytes, a copy; the bytes of
   * others are lent.
   * @default 'auto'
   */
  readonly coalesce?: 'auto' | 'off' | Coalesce | undefined;
  /**
   * The longest single read, whatever it is for, from 512 bytes to 8 MiB. What is longer is read in parts, which are
   * put together again: an item of up to 8 MiB is whole. Whole files are looked at first, which takes time.
   * @default 8 MiB
   */
  readonly readBytesMax?: number | undefined;
}

/** Shorter reads would need more memory for their plan than for their bytes. */
export const READ_BYTES_MAX_MIN = 512;

/**
 * Reads many files and parts of files, as many at a time as the engine has room for, and hands out their bytes as the
 * engine's own memory: good until the next item is asked for. Requests are taken as they are needed, so that there may be
 * any number of them.
 *
 * A file or range of up to 8 MiB comes whole in one item; a longer one in several, in order, without others in between,
 * the last of them marked. What fails, fails alone: its item says why, and ends the request.
 *
 * The iteration throws only the signal's reason, what `requests` throws, `unavailable` when the engine fails, or `closed`
 * when it is closed. Ending it early gives everything back.
 */
export function readMany<R extends ReadRequest>(
  engine: Engine,
  requests: Requests<R>,
  options: ReadManyOptions = {},
): ItemIterator<ReadItem<R>> {
  return new ManyReads(engine, requests, { ...options, pathOf: (request) => request.path });
}

/** {@link readMany} for requests that don't name paths. */
export class ManyReads<R extends Ranged> implements ItemIterator<Item<R>>, Abortable {
  readonly #engine: Engine;
  readonly #intake: Intake<R>;
  readonly #delivery: Delivery<R>;
  readonly #reads: Reads<R>;
  readonly #signal: Signal | undefined;
  #run: Run | undefined;
  #started = false;
  #ended = false;
  /** To be thrown once. Wrapped, since anything can be thrown. */
  #failure: { readonly error: unknown } | undefined;
  /** What was handed out last. */
  #current: Item<R> | undefined;
  #waiting: Promise<IteratorResult<Item<R>>> | undefined;
  #settle: { resolve(result: IteratorResult<Item<R>>): void; reject(error: unknown): void } | undefined;

  constructor(
    engine: Engine,
    requests: Requests<R>,
    options: ReadManyOptions & { readonly pathOf: (request: R) => Path },
  ) {
    const { signal, ordered = false, coalesce = 'auto', readBytesMax = PIECE_BYTES_MAX } = options;
    const { readOrder = 'given', direct = 'off', pathOf } = options;
    checkReadBytesMax(readBytesMax);
    checkCoalesce(coalesce);
    this.#engine = engine;
    this.#signal = signal;
    this.#intake = new Intake(requests, () => {
      this.#reads.wakeIfStarved();
      this.#serve();
    });
    this.#delivery = new Delivery({ ordered, ...engine.info });
    this.#reads = new Reads({
      engine,
      intake: this.#intake,
      delivery: this.#delivery,
      pathOf,
      coalesce: coalesce === 'off' ? undefined : coalesce,
      readBytesMax,
      direct: new DirectReads(direct, engine.info.engine),
      ordered,
      readOrder,
      onProgress: () => this.#serve(),
      onFailure: (error) => this.fail(error),
      wake: () => this.#run?.wake(),
    });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Item<R>>> {
    // One taker at a time is the rule; whoever comes before the last was served waits for that.
    if (this.#waiting !== undefined) return this.#waiting.then(() => this.next());
    this.#current?.release();
    this.#current = undefined;
    if (!this.#started) this.#start();
    const result = this.#take();
    if (result !== undefined) return Promise.resolve(result);
    if (this.#failure !== undefined) {
      const { error } = this.#failure;
      this.#failure = undefined;
      return Promise.reject(error);
    }
    this.#waiting = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    return this.#waiting;
  }

  takeNow(): Item<R> | undefined {
    if (this.#waiting !== undefined || !this.#started) return undefined;
    this.#current?.release();
    this.#current = this.#delivery.take();
    if (this.#current !== undefined) this.#reads.wakeIfStarved();
    return this.#current;
  }

  /** Ends the reading early; what is in flight is given up. */
  return(): Promise<IteratorResult<Item<R>>> {
    this.#end();
    this.#failure = undefined;
    this.#current?.release();
    this.#current = undefined;
    this.#settle?.resolve({ done: true, value: undefined });
    this.#settle = undefined;
    this.#waiting = undefined;
    return Promise.resolve({ done: true, value: undefined });
  }

  onAbort(reason: unknown): void {
    this.fail(reason);
  }

  /** Ends the reading: the iteration throws `error`. */
  fail(error: unknown): void {
    if (this.#ended) return;
    this.#end();
    if (this.#settle === undefined) this.#failure = { error };
    else this.#settle.reject(error);
    this.#settle = undefined;
    this.#waiting = undefined;
  }

  #start(): void {
    this.#started = true;
    if (this.#ended) return;
    try {
      this.#signal?.throwIfAborted();
      this.#intake.open();
      this.#run = this.#engine.run(this.#reads);
      this.#run.finished.catch((error) => {
        this.#delivery.forget();
        this.fail(error);
      });
      if (this.#signal !== undefined) addAbortable(this.#signal, this);
    } catch (error) {
      this.fail(error);
    }
  }

  /** The next item, if it is there, or the end. */
  #take(): IteratorResult<Item<R>> | undefined {
    const item = this.#delivery.take();
    if (item !== undefined) {
      this.#current = item;
      this.#reads.wakeIfStarved();
      return { done: false, value: item };
    }
    if (this.#failure !== undefined) return undefined;
    if (!this.#ended && this.#reads.ended) this.#end();
    return this.#ended ? { done: true, value: undefined } : undefined;
  }

  /** Hands out to whom waits for it. */
  #serve(): void {
    if (this.#settle === undefined) return;
    const result = this.#take();
    if (result === undefined) return;
    this.#settle.resolve(result);
    this.#settle = undefined;
    this.#waiting = undefined;
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#signal !== undefined) removeAbortable(this.#signal, this);
    this.#reads.close();
    this.#run?.cancel();
    this.#delivery.clear();
  }
}

/** @throws {LsioError} `usage` */
function checkReadBytesMax(bytes: number): void {
  if (Number.isInteger(bytes) && bytes >= READ_BYTES_MAX_MIN && bytes <= PIECE_BYTES_MAX) return;
  throw new LsioError(
    'usage',
    `readBytesMax ${shown(bytes)} is not a whole number from ${READ_BYTES_MAX_MIN} to 8 MiB`,
  );
}

/** @throws {LsioError} `usage` */
function checkCoalesce(coalesce: 'auto' | 'off' | Coalesce): void {
  if (coalesce === 'auto' || coalesce === 'off') return;
  const { gapBytesMax, readBytesMax } = typeof coalesce === 'object' && coalesce !== null ? coalesce : {};
  const isGap = typeof gapBytesMax === 'number' && !Number.isNaN(gapBytesMax);
  if (isGap && Number.isSafeInteger(readBytesMax) && readBytesMax! > 0) return;
  throw new LsioError('usage', `coalesce is 'auto', 'off' or { gapBytesMax, readBytesMax }, not ${shown(coalesce)}`);
}

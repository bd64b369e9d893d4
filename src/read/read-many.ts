import { type Abortable, addAbortable, removeAbortable, type Signal } from '../abort.js';
import { systemClock } from '../clock.js';
import { BUFFER_BYTES_MAX, type Path, type Run } from '../engine/engine.js';
import { LsioError } from '../errors.js';
import type { Coalesce } from '../plan/coalesce.js';
import { shown } from '../printable.js';
import type { ReadBackend } from './backend.js';
import { DELIVERED, type Item, type Ranged, type ReadItem } from './item.js';
import { OutputQueue } from './output-queue.js';
import { RequestQueue, type Requests } from './request-queue.js';
import { Scheduler } from './scheduler.js';

export interface ReadManyOptions {
  /** Ends the reading: the iteration throws the signal's reason. */
  readonly signal?: Signal | undefined;
  /**
   * Give items in the order of the requests; else as they come, which is faster when some take longer than others.
   * @default false
   */
  readonly ordered?: boolean | undefined;
  /**
   * Whether ranges of one value that follow one another among the requests are read at once where they lie close together:
   * `auto` where the gap between them takes no longer than another read. Their items get copies of their bytes.
   * @default 'auto'
   */
  readonly coalesce?: 'auto' | 'off' | Coalesce | undefined;
  /**
   * The longest single read, from 512 bytes to 8 MiB. What is longer is read in several, and put together again: an item
   * of up to 8 MiB is whole. The size of whole values must be asked for first, which takes time.
   * @default 8 MiB
   */
  readonly readBytesMax?: number | undefined;
  /**
   * Reads in flight at most, from 1.
   * @default what the store was opened for
   */
  readonly maxInFlight?: number | undefined;
}

/** Shorter reads would need more memory for their plan than for their bytes. */
export const READ_BYTES_MAX_MIN = 512;

/** Items that came at the same time. Their bytes are good until the next batch is asked for. */
export type ReadBatch<R> = readonly ReadItem<R>[];

/** Batches of items: `for await (const batch of batches) for (const item of batch)`. */
export type ReadBatches<R> = AsyncIterableIterator<ReadBatch<R>>;

interface ManyReadsOptions<R> extends ReadManyOptions {
  /** May throw an LsioError: the request fails with it. */
  readonly pathOf: (request: R) => Path;
  /** The size of the one file that is read, and that what is wanted of it is too long for one read. */
  readonly sizeBytes?: number | undefined;
}

/**
 * Reads many values and parts of values, as many at a time as the engine has room for. Requests are taken as they are
 * needed, so that there may be any number of them.
 *
 * The iteration throws only the signal's reason, what `requests` throws, `unavailable` when the engine fails, or `closed`
 * when it is closed. Ending it early gives everything back.
 */
export class ManyReads<R extends Ranged> implements Abortable {
  readonly #backend: ReadBackend;
  readonly #queue: RequestQueue<R>;
  readonly #output: OutputQueue<R>;
  readonly #scheduler: Scheduler<R>;
  readonly #signal: Signal | undefined;
  #run: Run | undefined;
  #started = false;
  #ended = false;
  /** To be thrown once. Wrapped, since anything can be thrown. */
  #failure: { readonly error: unknown } | undefined;
  /** What was taken last. */
  #batch: readonly Item<R>[] = [];
  #waiting: Promise<IteratorResult<Item<R>[]>> | undefined;
  #settle: { resolve(result: IteratorResult<Item<R>[]>): void; reject(error: unknown): void } | undefined;

  /** @throws {LsioError} `usage` for options or requests of the wrong kind. */
  constructor(backend: ReadBackend, requests: Requests<R>, options: ManyReadsOptions<R>) {
    const { signal, ordered = false, coalesce = 'auto', readBytesMax = BUFFER_BYTES_MAX, pathOf, sizeBytes } = options;
    const { maxInFlight = Number.POSITIVE_INFINITY } = options;
    checkReadBytesMax(readBytesMax);
    checkCoalesce(coalesce);
    checkInFlight(maxInFlight);
    this.#backend = backend;
    this.#signal = signal;
    const clock = backend.engine.clock ?? systemClock;
    const onChange = () => {
      this.#scheduler.wakeIfStarved();
      this.#serve();
    };
    this.#queue = new RequestQueue(requests, onChange, clock);
    this.#output = new OutputQueue({ ordered, ...backend.engine.info });
    this.#scheduler = new Scheduler({
      backend,
      clock,
      queue: this.#queue,
      output: this.#output,
      pathOf,
      coalesce: coalesce === 'off' ? undefined : coalesce,
      readBytesMax,
      inFlightMax: maxInFlight,
      ordered,
      sizeBytes,
      onProgress: () => this.#serve(),
      onFailure: (error) => this.fail(error),
      wake: () => this.#run?.wake(),
    });
  }

  /** The batches as their taker sees them. */
  get batches(): ReadBatches<R> {
    return this as unknown as ReadBatches<R>;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Item<R>[]>> {
    // One call of next() is served at a time; a later one waits.
    if (this.#waiting !== undefined) return this.#waiting.then(() => this.next());
    this.#releaseBatch();
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

  /** Ends the reading early; what is in flight is given up. */
  return(): Promise<IteratorResult<Item<R>[]>> {
    this.#end();
    this.#failure = undefined;
    this.#releaseBatch();
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
      this.#queue.open();
      this.#run = this.#backend.engine.run(this.#scheduler);
      this.#run.finished.catch((error) => {
        this.#output.forget();
        this.fail(error);
      });
      if (this.#signal !== undefined) addAbortable(this.#signal, this);
    } catch (error) {
      this.fail(error);
    }
  }

  /** The next batch, if there is something, or the end. */
  #take(): IteratorResult<Item<R>[]> | undefined {
    const batch = this.#output.take();
    if (batch !== undefined) {
      this.#batch = batch;
      this.#scheduler.wakeIfStarved();
      return { done: false, value: batch };
    }
    if (this.#failure !== undefined) return undefined;
    if (!this.#ended && this.#scheduler.ended) this.#end();
    return this.#ended ? { done: true, value: undefined } : undefined;
  }

  #releaseBatch(): void {
    for (const item of this.#batch) if (item.state === DELIVERED) item.release();
    this.#batch = [];
  }

  /** Hands out to the waiting call. */
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
    this.#scheduler.close();
    this.#run?.cancel();
    this.#output.clear();
  }
}

/** @throws {LsioError} `usage` */
function checkReadBytesMax(bytes: number): void {
  if (Number.isInteger(bytes) && bytes >= READ_BYTES_MAX_MIN && bytes <= BUFFER_BYTES_MAX) return;
  const range = `a whole number from ${READ_BYTES_MAX_MIN} to 8 MiB`;
  throw new LsioError('usage', `readBytesMax ${shown(bytes)} is not ${range}`);
}

/** @throws {LsioError} `usage` */
function checkInFlight(count: number): void {
  if (count === Number.POSITIVE_INFINITY || (Number.isSafeInteger(count) && count >= 1)) return;
  throw new LsioError('usage', `maxInFlight ${shown(count)} is not a whole number from 1`);
}

/** @throws {LsioError} `usage` */
function checkCoalesce(coalesce: 'auto' | 'off' | Coalesce): void {
  if (coalesce === 'auto' || coalesce === 'off') return;
  const { gapBytesMax, readBytesMax } = typeof coalesce === 'object' && coalesce !== null ? coalesce : {};
  const isGap = typeof gapBytesMax === 'number' && !Number.isNaN(gapBytesMax);
  if (isGap && Number.isSafeInteger(readBytesMax) && readBytesMax! > 0) return;
  throw new LsioError('usage', `coalesce is 'auto', 'off' or { gapBytesMax, readBytesMax }, not ${shown(coalesce)}`);
}

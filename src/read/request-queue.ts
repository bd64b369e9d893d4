import type { Clock } from '../clock.js';
import { LsioError } from '../errors.js';
import { shown } from '../printable.js';
import { Fifo } from './fifo.js';

/** So many requests of an asynchronous source are taken in advance: its promises take turns with the reads. */
const LOOK_AHEAD_MIN = 1024;
/** A source that never has to wait lets others have their turn after so many requests, which take about 5 ms. */
const TAKEN_PER_TURN = 4096;

/** Requests, one at a time or in arrays. */
export type Requests<R> = Iterable<R | readonly R[]> | AsyncIterable<R | readonly R[]>;

/** Stands for a request that is undefined: `take()` says by that that there is none. */
export const UNDEFINED: unknown = Symbol('undefined');

/** The requests, of which no more are taken than are needed soon: a million of them never lie in memory at once. */
export class RequestQueue<R> {
  readonly #requests: Requests<R>;
  readonly #onChange: () => void;
  readonly #clock: Clock;
  #lookAhead = LOOK_AHEAD_MIN;
  readonly #ahead = new Fifo<R>();
  #sync: Iterator<R | readonly R[]> | undefined;
  #async: AsyncIterator<R | readonly R[]> | undefined;
  #pulling = false;
  #exhausted = false;
  /** What the source threw; it has ended then. Wrapped, since anything can be thrown. */
  failure: { readonly error: unknown } | undefined;

  /**
   * @param onChange is called when an asynchronous source has brought requests, or has ended.
   * @throws {LsioError} `usage` when `requests` is not iterable.
   */
  constructor(requests: Requests<R>, onChange: () => void, clock: Clock) {
    this.#clock = clock;
    const isObject = typeof requests === 'object' && requests !== null;
    if (!isObject || !(Symbol.asyncIterator in requests || Symbol.iterator in requests)) {
      throw new LsioError('usage', `${shown(requests)} is not an iterable of requests`);
    }
    this.#requests = requests;
    this.#onChange = onChange;
  }

  open(): void {
    const requests = this.#requests;
    if (Symbol.asyncIterator in requests) {
      this.#async = requests[Symbol.asyncIterator]();
      this.#pull(this.#async);
    } else this.#sync = requests[Symbol.iterator]();
  }

  /** There are no more requests and never will be; nor a failure to be reported. */
  get ended(): boolean {
    return this.#exhausted && this.#ahead.length === 0 && this.failure === undefined;
  }

  /** So many requests are wanted at a time from now on. */
  lookAhead(count: number): void {
    this.#lookAhead = Math.max(LOOK_AHEAD_MIN, count);
  }

  /** The next request, if it is there now. */
  take(): R | undefined {
    while (this.#ahead.length === 0 && this.#sync !== undefined && !this.#exhausted) this.#pullOne(this.#sync);
    const request = this.#ahead.shift();
    if (this.#async !== undefined && this.#ahead.length < this.#lookAhead / 2) this.#pull(this.#async);
    return request;
  }

  /** No more requests are wanted. The source is told, but not waited for: it may wait for input that never comes. */
  close(): void {
    const wasExhausted = this.#exhausted;
    this.#exhausted = true;
    while (this.#ahead.shift() !== undefined);
    if (wasExhausted) return;
    try {
      this.#sync?.return?.();
      this.#async?.return?.().then(undefined, () => {});
    } catch {
      // What ends the reading, an error or the caller's choice, counts more than how the source takes it.
    }
  }

  #pullOne(source: Iterator<R | readonly R[]>): void {
    try {
      const { done, value } = source.next();
      if (done === true) this.#exhausted = true;
      else this.#add(value);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #pull(source: AsyncIterator<R | readonly R[]>): Promise<void> {
    if (this.#pulling || this.#exhausted) return;
    this.#pulling = true;
    try {
      for (let taken = 1; this.#ahead.length < this.#lookAhead; ) {
        if (taken >= TAKEN_PER_TURN) {
          await new Promise<void>((resolve) => this.#clock.soon(resolve));
          taken = 0;
        }
        const { done, value } = await source.next();
        if (this.#exhausted) return;
        if (done === true) this.#exhausted = true;
        // An empty array counts, too: a source of nothing else must not keep others from their turn.
        else taken += Math.max(1, this.#add(value));
        this.#onChange();
        if (this.#exhausted) return;
      }
    } catch (error) {
      if (this.#exhausted) return;
      this.#fail(error);
      this.#onChange();
    } finally {
      this.#pulling = false;
    }
  }

  /** Returns how many requests a value of the source is. */
  #add(value: R | readonly R[]): number {
    if (!Array.isArray(value)) {
      this.#push(value as R);
      return 1;
    }
    for (const request of value as readonly R[]) this.#push(request);
    return value.length;
  }

  #push(request: R): void {
    this.#ahead.push(request === undefined ? (UNDEFINED as R) : request);
  }

  #fail(error: unknown): void {
    this.#exhausted = true;
    this.failure = { error };
  }
}

import { type Abortable, addAbortable, removeAbortable } from '../../abort.js';
import type { Clock } from '../../clock.js';

/** In flight at first: few enough for any server, and doubled within a round of answers. */
const START = 16;
const CUT = 0.7;
/** When the limit was still doubled. */
const FIRST_CUT = 0.5;
const MIN = 1;

interface Waiter extends Abortable {
  readonly grant: () => void;
}

/** A permit for one request. It is given back once, with how the server took the request; once more does nothing. */
export interface Permit {
  readonly beganMs: number;
  isOpen: boolean;
}

/**
 * Bounds the requests in flight to one host: additive increase, multiplicative decrease. It grows with each answer until
 * the server refuses one as too many; then it is cut, at most once for all requests that were under way, and from then
 * on grows by one a round. A server that admits 2,000 a second is used almost fully that way with few refusals, where a
 * fixed number is either too low or mostly refused.
 */
export class Limiter {
  #limit: number;
  #inFlight = 0;
  #refusedBefore = false;
  #cutMs = -1;
  readonly #max: number;
  readonly #clock: Clock;
  readonly #waiting: Waiter[] = [];
  /** Requests that the server refused as too many. */
  refusals = 0;

  /** @param max requests in flight at most. @param fixed never fewer on purpose either, such as `--connections 8`. */
  constructor(clock: Clock, max: number, fixed = false) {
    this.#clock = clock;
    this.#max = max;
    this.#limit = fixed ? max : Math.min(START, max);
  }

  /** Requests in flight at most, as of now. */
  get limit(): number {
    return Math.max(MIN, Math.floor(this.#limit));
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Requests in flight at most once it has grown, as far as is known. */
  get prospect(): number {
    return this.#refusedBefore ? this.limit : this.#max;
  }

  /** A permit, if one is free and no request waits for it. */
  tryAcquire(): Permit | undefined {
    return this.#waiting.length === 0 && this.#inFlight < this.limit ? this.#grant() : undefined;
  }

  /** Waits for a permit. Permits are given in the order in which they were asked for. */
  acquire(signal?: AbortSignal): Promise<Permit> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#waiting.length === 0 && this.#inFlight < this.limit) return Promise.resolve(this.#grant());
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        grant: () => {
          if (signal !== undefined) removeAbortable(signal, waiter);
          resolve(this.#grant());
        },
        onAbort: (reason) => {
          const at = this.#waiting.indexOf(waiter);
          if (at >= 0) this.#waiting.splice(at, 1);
          reject(reason);
        },
      };
      if (signal !== undefined) addAbortable(signal, waiter);
      this.#waiting.push(waiter);
    });
  }

  /** The server answered, whatever it said. */
  answered(permit: Permit): void {
    if (!this.#close(permit)) return;
    if (this.#limit < this.#max)
      this.#limit = Math.min(this.#max, this.#limit + (this.#refusedBefore ? 1 / this.#limit : 1));
    this.#admit();
  }

  /** The server refused the request as one too many. */
  refused(permit: Permit): void {
    if (!this.#close(permit)) return;
    this.refusals++;
    // Doubling overshoots by as much as there was before: half of what was in flight may be what the server takes.
    const most = this.#refusedBefore ? this.#limit * CUT : Math.min(this.#limit, this.#inFlight + 1) * FIRST_CUT;
    this.#refusedBefore = true;
    if (permit.beganMs > this.#cutMs) {
      this.#limit = Math.max(MIN, most);
      this.#cutMs = this.#clock.now();
    }
    this.#admit();
  }

  /** The request ended without an answer: that says nothing of how many the server takes. */
  ended(permit: Permit): void {
    if (this.#close(permit)) this.#admit();
  }

  #close(permit: Permit): boolean {
    const { isOpen } = permit;
    permit.isOpen = false;
    if (isOpen) this.#inFlight--;
    return isOpen;
  }

  #grant(): Permit {
    this.#inFlight++;
    return { beganMs: this.#clock.now(), isOpen: true };
  }

  #admit(): void {
    while (this.#waiting.length > 0 && this.#inFlight < this.limit) this.#waiting.shift()?.grant();
  }
}

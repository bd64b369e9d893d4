import type { Clock } from '../../clock.js';
import { wait } from './wait.js';

/** Spreads requests so that no more than so many bytes are asked for in a second, on average. */
export class Rate {
  readonly #clock: Clock;
  readonly #msPerByte: number;
  #freeMs = 0;

  constructor(clock: Clock, bytesPerSecond: number) {
    this.#clock = clock;
    this.#msPerByte = 1000 / bytesPerSecond;
  }

  /** Waits for the turn of a request for that many bytes. */
  async admit(bytes: number, signal?: AbortSignal): Promise<void> {
    const nowMs = this.#clock.now();
    const startMs = Math.max(nowMs, this.#freeMs);
    this.#freeMs = startMs + bytes * this.#msPerByte;
    if (startMs > nowMs) await wait(this.#clock, startMs - nowMs, signal);
  }
}

import type { Clock } from '../../clock.js';

/** A thread takes 50 to 100 ms of CPU to start, which short work doesn't win back: 20,000 cold files took 0.75 s instead of 0.66. */
const WINDOW_MS = 500;
/** Cold small files come to 0.8 to 0.95, and two rings read them 1.1 to 1.2 times as fast; where the device is the limit it is 0.1 to 0.35. */
const BUSY_SHARE_MIN = 0.75;

/** Finds out whether the pump is busy most of the time that reads are in flight, and asks for another ring if so. */
export class Load {
  readonly #onSaturated: () => Promise<boolean>;
  readonly #clock: Clock;
  /** When the window would have begun without the pauses in it; while paused, how much of it has gone by. */
  #windowBeganMs = 0;
  #passedMs = 0;
  #paused = true;
  #busyMs = 0;
  /** A ring is being added, or none can be. */
  #settled = false;

  /** @param onSaturated fulfils when a ring was added, with false when no more can be. */
  constructor(onSaturated: () => Promise<boolean>, clock: Clock) {
    this.#onSaturated = onSaturated;
    this.#clock = clock;
  }

  /** The pump has run from `beganMs` until now, and has left reads in flight or not: without any, time doesn't count. */
  add(beganMs: number, inFlight: boolean): void {
    if (this.#settled) return;
    const nowMs = this.#clock.now();
    if (this.#paused) this.#windowBeganMs = beganMs - this.#passedMs;
    this.#paused = !inFlight;
    this.#busyMs += nowMs - beganMs;
    this.#passedMs = nowMs - this.#windowBeganMs;
    if (this.#passedMs < WINDOW_MS) return;
    const busy = this.#busyMs / this.#passedMs >= BUSY_SHARE_MIN;
    this.#windowBeganMs = nowMs;
    this.#passedMs = 0;
    this.#busyMs = 0;
    if (!busy) return;
    this.#settled = true;
    this.#onSaturated().then(
      (more) => {
        this.#settled = !more;
        // What went by meanwhile was not looked at.
        this.#paused = true;
      },
      // It is optional: the present rings go on.
      () => {},
    );
  }
}

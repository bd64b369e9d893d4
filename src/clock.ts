/** A timer that calls back once each time that it is started. It does not keep the process alive. */
export interface Timer {
  /** Calls back `ms` from now; what it was started for before is dropped. */
  start(ms: number): void;
  stop(): void;
}

/**
 * Time and turns of the event loop. All of engine, read and store that waits takes one, so that a simulation can put
 * its own in place of {@link systemClock}.
 */
export interface Clock {
  /** Milliseconds since some moment; never goes back. */
  now(): number;
  timer(callback: () => void): Timer;
  /** Fulfils `ms` from now, and keeps the process alive until then. */
  sleep(ms: number): Promise<void>;
  /** Calls back when the event loop has turned. */
  soon(callback: () => void): void;
  /** Calls back before the event loop turns. */
  next(callback: () => void): void;
}

class SystemTimer implements Timer {
  readonly #callback: () => void;
  #timeout: NodeJS.Timeout | undefined;
  #ms = -1;

  constructor(callback: () => void) {
    this.#callback = callback;
  }

  start(ms: number): void {
    // To start it again is ten times as cheap as to make it anew.
    if (this.#timeout !== undefined && ms === this.#ms) {
      this.#timeout.refresh();
      return;
    }
    clearTimeout(this.#timeout);
    this.#ms = ms;
    this.#timeout = setTimeout(this.#callback, ms).unref();
  }

  stop(): void {
    clearTimeout(this.#timeout);
    this.#timeout = undefined;
  }
}

/** The time of the world. */
export const systemClock: Clock = {
  now: () => performance.now(),
  timer: (callback) => new SystemTimer(callback),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  soon: (callback) => {
    setImmediate(callback);
  },
  next: (callback) => {
    process.nextTick(callback);
  },
};

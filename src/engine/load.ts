/** A thread takes 50 to 100 ms of CPU to start, which short work doesn't win back: 20,000 cold files took 0.75 s instead of 0.66. */
const WINDOW_MS = 500;
const BUSY_SHARE_MIN = 0.9;

/** Finds out whether the pump is busy all the time, and calls for help if so. */
export class Load {
  readonly #callForHelp: () => Promise<boolean>;
  #windowBeganMs = performance.now();
  #busyMs = 0;
  /** Help is under way, or there is none. */
  #settled = false;

  /** @param callForHelp fulfils when help has come, with false when more can't be had. */
  constructor(callForHelp: () => Promise<boolean>) {
    this.#callForHelp = callForHelp;
  }

  /** The pump has run from `beganMs` until now. */
  add(beganMs: number): void {
    if (this.#settled) return;
    const nowMs = performance.now();
    this.#busyMs += nowMs - beganMs;
    const windowMs = nowMs - this.#windowBeganMs;
    if (windowMs < WINDOW_MS) return;
    const busy = this.#busyMs / windowMs >= BUSY_SHARE_MIN;
    this.#windowBeganMs = nowMs;
    this.#busyMs = 0;
    if (!busy) return;
    this.#settled = true;
    this.#callForHelp().then(
      (more) => {
        this.#settled = !more;
      },
      // Nobody asked for it: what is there goes on.
      () => {},
    );
  }
}

import type { Clock, Timer } from '../clock.js';

/** So many events without an end mean that something goes round for ever. */
const STEPS_MAX = 200_000;

interface Event {
  readonly atMs: number;
  readonly number: number;
  readonly run: () => void;
}

/** No timer of Node's is shorter. */
const TIMER_MS_MIN = 1;

/** Time passes by this much each time that the clock is read, so that no loop waits for ever for it. */
const LOOK_MS = 0.005;

/**
 * Time that hardly passes while anything runs, and then jumps to the next event. Each event runs in a turn of the real
 * event loop, so that promises settle between two of them as they always do.
 */
export class SimClock implements Clock {
  readonly #stepsMax: number;
  /** A heap: the first event is the next one. */
  readonly #events: Event[] = [];
  #nowMs = 0;
  #number = 0;
  #steps = 0;
  #driven = false;

  constructor(stepsMax = STEPS_MAX) {
    this.#stepsMax = stepsMax;
  }

  now(): number {
    this.#nowMs += LOOK_MS;
    return this.#nowMs;
  }

  /** How many events have run. */
  get steps(): number {
    return this.#steps;
  }

  timer(callback: () => void): Timer {
    let started = 0;
    return {
      start: (ms) => {
        const mine = ++started;
        this.at(this.#nowMs + Math.max(TIMER_MS_MIN, ms), () => mine === started && callback());
      },
      stop: () => {
        started++;
      },
    };
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.at(this.#nowMs + Math.max(TIMER_MS_MIN, ms), resolve));
  }

  soon(callback: () => void): void {
    this.at(this.#nowMs, callback);
  }

  next(callback: () => void): void {
    process.nextTick(callback);
  }

  /** Runs `run` at this time; of those at the same time the first comes first. */
  at(atMs: number, run: () => void): void {
    const event = { atMs: Math.max(atMs, this.#nowMs), number: this.#number++, run };
    const events = this.#events;
    let at = events.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!isBefore(event, events[parent]!)) break;
      events[at] = events[parent]!;
      at = parent;
    }
    events[at] = event;
    this.#drive();
  }

  #drive(): void {
    if (this.#driven || this.#events.length === 0) return;
    this.#driven = true;
    setImmediate(() => {
      this.#driven = false;
      const event = this.#shift();
      if (event === undefined) return;
      this.#nowMs = Math.max(this.#nowMs, event.atMs) + LOOK_MS;
      if (++this.#steps > this.#stepsMax) throw new Error(`the simulation does not end: ${this.#stepsMax} steps`);
      try {
        event.run();
      } finally {
        this.#drive();
      }
    });
  }

  #shift(): Event | undefined {
    const events = this.#events;
    const first = events[0];
    const last = events.pop();
    if (last === undefined || events.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= events.length) break;
      if (child + 1 < events.length && isBefore(events[child + 1]!, events[child]!)) child++;
      if (!isBefore(events[child]!, last)) break;
      events[at] = events[child]!;
      at = child;
    }
    events[at] = last;
    return first;
  }
}

function isBefore(one: Event, other: Event): boolean {
  return one.atMs !== other.atMs ? one.atMs < other.atMs : one.number < other.number;
}

/** What a store far away is taken for until it was measured. */
export const START = { latencyMs: 30, bytesPerSecond: 125_000_000 } as const;

/** Throughput is measured over so long. */
const WINDOW_MS = 100;
/** After so many windows no more is expected to show. */
const SETTLED_WINDOWS = 10;
/** After so many answers a latency that none of them reached is taken for longer. */
const LATENCY_SAMPLES = 512;
/** By so much at most: what seems to be latency may be a queue of our own requests, which would grow by being believed. */
const LATENCY_GROWTH = 1.1;
/** So many times as many requests are in flight as by latency alone where bandwidth is what they wait for. */
const SATURATED = 2;
/** Of what may be in flight so much is, or what came says little of the bandwidth. */
const BUSY = 0.5;
/** Answers that are shorter say nothing of the bandwidth when they take long: it may be the server, or this machine. */
const LONG_BYTES = 16 * 1024;

/**
 * Measures how far away a store is, and how fast bytes come from it. Throughput of small reads says only that there is at
 * least as much bandwidth; that of long ones is the bandwidth where they take far longer than the latency.
 */
export class Meter {
  /** Until the first byte, in milliseconds; undefined: nothing was answered yet. */
  latencyMs: number | undefined;
  bytesPerSecond: number = START.bytesPerSecond;
  /** Whether the bandwidth was seen. */
  isMeasured = false;
  #lowMs = Number.POSITIVE_INFINITY;
  #samples = 0;
  #windows = 0;
  #beganMs = Number.NaN;
  #bytes = 0;
  #answers = 0;

  /** Whether what was measured is all that will be learnt soon. */
  get isSettled(): boolean {
    return this.isMeasured || this.#windows >= SETTLED_WINDOWS;
  }

  /** Bytes of a body have come. */
  readonly landed = (bytes: number): void => {
    this.#bytes += bytes;
  };

  /**
   * An answer has begun.
   *
   * @param firstByteMs from the request, over a connection that stood, to its head
   * @param nowMs of the clock, now
   * @param inFlight requests that are in flight, of `inFlightMax` that may be
   */
  answered(firstByteMs: number, nowMs: number, inFlight: number, inFlightMax: number): void {
    this.#noteLatency(firstByteMs);
    if (Number.isNaN(this.#beganMs)) this.#beganMs = nowMs;
    this.#answers++;
    const windowMs = nowMs - this.#beganMs;
    if (windowMs < WINDOW_MS) return;
    this.#noteBandwidth(windowMs, inFlight >= BUSY * inFlightMax ? inFlight : 0);
    this.#windows++;
    this.#beganMs = nowMs;
    this.#bytes = 0;
    this.#answers = 0;
  }

  #noteLatency(firstByteMs: number): void {
    this.#lowMs = Math.min(this.#lowMs, firstByteMs);
    this.latencyMs = this.latencyMs === undefined ? firstByteMs : Math.min(this.latencyMs, firstByteMs);
    if (++this.#samples < LATENCY_SAMPLES) return;
    this.latencyMs = Math.min(this.#lowMs, this.latencyMs * LATENCY_GROWTH);
    this.#lowMs = Number.POSITIVE_INFINITY;
    this.#samples = 0;
  }

  #noteBandwidth(windowMs: number, inFlight: number): void {
    const came = (this.#bytes / windowMs) * 1000;
    const byLatency = (this.#answers / windowMs) * (this.latencyMs ?? 0);
    const isLong = this.#bytes >= LONG_BYTES * this.#answers;
    const isBandwidth = inFlight > SATURATED * byLatency && isLong;
    if (came <= this.bytesPerSecond && !isBandwidth) return;
    const isLess = came < this.bytesPerSecond && this.isMeasured;
    this.bytesPerSecond = isLess ? (this.bytesPerSecond + came) / 2 : came;
    this.isMeasured = true;
  }
}

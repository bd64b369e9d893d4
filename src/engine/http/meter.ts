/** What a store far away is taken for until it was measured. */
export const START = { latencyMs: 30, bytesPerSecond: 125_000_000 } as const;

/** Throughput is measured over so long. */
const WINDOW_MS = 100;
/** The smallest latency of about so many answers counts: what is above it may be a queue of our own. */
const LATENCY_SAMPLES = 512;
/** Requests take so much longer than the latency where bandwidth is what they wait for. */
const SATURATED = 2;
/** Of what may be in flight so much was, or what came says little of the bandwidth. */
const BUSY = 0.5;

/**
 * Measures how far away a store is, and how fast bytes come from it. Throughput of small reads says only that there is at
 * least as much bandwidth; it is the bandwidth where requests take far longer than the latency.
 */
export class Meter {
  /** Until the first byte, in milliseconds; undefined: nothing was answered yet. */
  latencyMs: number | undefined;
  bytesPerSecond: number = START.bytesPerSecond;
  #hasBandwidth = false;
  #lowMs = Number.POSITIVE_INFINITY;
  #samples = 0;
  #beganMs = Number.NaN;
  #bytes = 0;
  #busyMs = 0;
  #count = 0;

  /**
   * @param firstByteMs from the request to the head of the answer
   * @param totalMs until the last byte of its body
   * @param nowMs of the clock, now
   * @param inFlightMax requests that may be in flight now
   */
  answered(firstByteMs: number, totalMs: number, bytes: number, nowMs: number, inFlightMax: number): void {
    this.#noteLatency(firstByteMs);
    if (Number.isNaN(this.#beganMs)) this.#beganMs = nowMs - totalMs;
    this.#bytes += bytes;
    this.#busyMs += totalMs;
    this.#count++;
    if (nowMs - this.#beganMs >= WINDOW_MS) this.#endWindow(nowMs, inFlightMax);
  }

  #noteLatency(firstByteMs: number): void {
    this.#lowMs = Math.min(this.#lowMs, firstByteMs);
    this.latencyMs = this.latencyMs === undefined ? firstByteMs : Math.min(this.latencyMs, firstByteMs);
    if (++this.#samples < LATENCY_SAMPLES) return;
    this.latencyMs = this.#lowMs;
    this.#lowMs = Number.POSITIVE_INFINITY;
    this.#samples = 0;
  }

  #endWindow(nowMs: number, inFlightMax: number): void {
    const windowMs = nowMs - this.#beganMs;
    const came = (this.#bytes / windowMs) * 1000;
    const inFlight = this.#busyMs / windowMs;
    const isSaturated = this.#busyMs / this.#count > SATURATED * (this.latencyMs ?? 0);
    if (came > this.bytesPerSecond) this.bytesPerSecond = came;
    else if (isSaturated && inFlight >= BUSY * inFlightMax) {
      this.bytesPerSecond = this.#hasBandwidth ? (this.bytesPerSecond + came) / 2 : came;
      this.#hasBandwidth = true;
    }
    this.#beganMs = nowMs;
    this.#bytes = 0;
    this.#busyMs = 0;
    this.#count = 0;
  }
}

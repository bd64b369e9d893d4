import { performance } from 'node:perf_hooks';
import type { ReadSlots } from '../engine/slots.js';
import type { LatencyHistogram } from './latency.js';

/** Latencies of reads by slot, with one clock for a batch: one for each read would cost 10 %. */
export class ReadClock {
  readonly #latency: LatencyHistogram;
  #describedMs = new Float64Array(0);

  constructor(latency: LatencyHistogram) {
    this.#latency = latency;
  }

  /** These reads were described. */
  begin(slots: ReadSlots, free: Int32Array, count: number): void {
    if (this.#describedMs.length === 0) this.#describedMs = new Float64Array(slots.tag.length);
    const nowMs = performance.now();
    for (let index = 0; index < count; index++) this.#describedMs[free[index]!] = nowMs;
  }

  /** Reads that were described together have the same latency: the histogram looks it up once. */
  end(finished: Int32Array, count: number): void {
    const nowMs = performance.now();
    let describedMs = this.#describedMs[finished[0]!]!;
    let alike = 0;
    for (let index = 0; index < count; index++) {
      const atMs = this.#describedMs[finished[index]!]!;
      if (atMs !== describedMs) {
        this.#latency.add((nowMs - describedMs) * 1e6, alike);
        describedMs = atMs;
        alike = 0;
      }
      alike++;
    }
    this.#latency.add((nowMs - describedMs) * 1e6, alike);
  }
}

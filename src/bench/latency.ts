/** Eight buckets to a doubling: a value is known to within 9 %. */
const BUCKETS_PER_DOUBLING = 8;
/** From 1 ns to 2^40 ns, 18 minutes. */
const BUCKETS = 40 * BUCKETS_PER_DOUBLING;

/** Counts latencies in log-spaced buckets: a fixed amount of memory for any number of them. */
export class LatencyHistogram {
  readonly counts: Float64Array;

  constructor(counts: Float64Array = new Float64Array(BUCKETS)) {
    this.counts = counts;
  }

  add(latencyNs: number, count = 1): void {
    const bucket = Math.log2(Math.max(1, latencyNs)) * BUCKETS_PER_DOUBLING;
    this.counts[Math.min(BUCKETS - 1, Math.floor(bucket))]! += count;
  }

  merge(counts: Float64Array): void {
    for (let bucket = 0; bucket < BUCKETS; bucket++) this.counts[bucket]! += counts[bucket]!;
  }

  /** Each step of the distribution: a latency in ns, and the share of operations that took no longer. */
  shares(): { readonly ns: number; readonly share: number }[] {
    const total = this.counts.reduce((sum, count) => sum + count, 0);
    const steps: { ns: number; share: number }[] = [];
    let seen = 0;
    for (const [bucket, count] of this.counts.entries()) {
      seen += count;
      if (count > 0) steps.push({ ns: middleNs(bucket), share: seen / total });
    }
    return steps;
  }

  /** The latency in ns that a share `p` (0 … 1) of the operations did not exceed; undefined when there are none. */
  quantile(p: number): number | undefined {
    const total = this.counts.reduce((sum, count) => sum + count, 0);
    if (total === 0) return undefined;
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.counts[bucket]!;
      if (seen >= p * total) return middleNs(bucket);
    }
    return undefined;
  }
}

/** The middle of a bucket, on its own scale. */
function middleNs(bucket: number): number {
  return Math.round(2 ** ((bucket + 0.5) / BUCKETS_PER_DOUBLING));
}

import type { Coalesce } from '../../plan/coalesce.js';
import { type Meter, START } from './meter.js';

/** What a request costs this machine at least: CPU time, in nanoseconds. */
const REQUEST_CPU_NS = 30_000;
/** Of merged reads, in bytes. From `short` on what a request costs this machine is small beside its bytes. */
const READ_BYTES = { short: 32 * 1024, min: 256 * 1024, max: 8 * 1024 * 1024 } as const;
/**
 * A read is so many times what arrives in a request's share of the latency. With one, whatever else takes time would leave
 * the bandwidth unused, and requests would never take so much longer than the latency that the bandwidth shows.
 */
const SHARES = 3;

/** What is to be merged. */
export interface MergeFacts {
  /** Requests that are planned together. */
  readonly count: number;
  /** Requests that were begun or planned before and are not done. */
  readonly inHand: number;
  /** Others wait behind them: how many is not known. */
  readonly hasMore: boolean;
  /** Of what they ask for: the median, and the most. */
  readonly medianBytes: number;
  readonly longestBytes: number;
  /** In flight at most when many wait: once their number has grown, and now. */
  readonly inFlightMax: number;
  readonly inFlightNow: number;
}

/** What merging goes by. */
export interface MergeCosts {
  readonly latencyMs: number;
  readonly bytesPerSecond: number;
  /** Whether the bandwidth is more than a guess. */
  readonly isMeasured: boolean;
}

export function costsOf({ latencyMs = START.latencyMs, bytesPerSecond, isMeasured }: Meter): MergeCosts {
  return { latencyMs, bytesPerSecond, isMeasured };
}

/**
 * How requests of a store far away are merged. One more request delays the others by latency ÷ requests in flight, the
 * bytes of a gap by their share of the bandwidth: a gap pays up to where they are equal. What fits into one round delays
 * nothing; it costs CPU time only.
 */
export function mergeLimits(facts: MergeFacts, { latencyMs, bytesPerSecond, isMeasured }: MergeCosts): Coalesce {
  const { count, inHand, hasMore, medianBytes, longestBytes, inFlightMax, inFlightNow } = facts;
  // As many may come as were seen: the best guess of a list whose end is not in sight.
  const isOneRound = (count + inHand) * (hasMore ? 2 : 1) <= inFlightNow;
  const perRequestNs = Math.max(isOneRound ? 0 : (latencyMs * 1e6) / inFlightMax, REQUEST_CPU_NS);
  const gapBytesMax = Math.max(0, Math.floor((bytesPerSecond * perRequestNs) / 1e9 - medianBytes));
  const shareBytes = Math.floor((SHARES * bytesPerSecond * latencyMs) / 1000 / inFlightNow);
  // While a guess decides, few bytes are to be in flight: a bad one is soon seen, and has cost little.
  const bytesMin = isMeasured ? READ_BYTES.min : Math.min(READ_BYTES.min, Math.max(READ_BYTES.short, longestBytes));
  return { gapBytesMax, readBytesMax: Math.min(READ_BYTES.max, Math.max(bytesMin, shareBytes)) };
}

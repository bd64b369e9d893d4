import type { Coalesce } from '../../plan/coalesce.js';
import { type Meter, START } from './meter.js';

/** What a request costs this machine at least: CPU time, in nanoseconds. */
const REQUEST_CPU_NS = 30_000;
const READ_BYTES = { min: 256 * 1024, max: 8 * 1024 * 1024 } as const;

/** What is to be merged. */
export interface MergeFacts {
  /** Requests that are planned together. */
  readonly count: number;
  /** Requests that were begun or planned before and are not done. */
  readonly inHand: number;
  /** The median of what they ask for. */
  readonly medianBytes: number;
  /** In flight at most when many wait. */
  readonly inFlightMax: number;
}

/** What merging goes by. */
export interface MergeCosts {
  readonly latencyMs: number;
  readonly bytesPerSecond: number;
}

export function costsOf({ latencyMs = START.latencyMs, bytesPerSecond }: Meter): MergeCosts {
  return { latencyMs, bytesPerSecond };
}

/**
 * How requests of a store far away are merged. One more request delays the others by latency ÷ requests in flight, the
 * bytes of a gap by their share of the bandwidth: a gap pays up to where they are equal. What fits into one round delays
 * nothing; it costs CPU time only.
 */
export function mergeLimits({ count, inHand, medianBytes, inFlightMax }: MergeFacts, costs: MergeCosts): Coalesce {
  const { latencyMs, bytesPerSecond } = costs;
  const isOneRound = count + inHand <= inFlightMax;
  const perRequestNs = Math.max(isOneRound ? 0 : (latencyMs * 1e6) / inFlightMax, REQUEST_CPU_NS);
  const gapBytesMax = Math.max(0, Math.floor((bytesPerSecond * perRequestNs) / 1e9 - medianBytes));
  const shareBytes = Math.floor((bytesPerSecond * latencyMs) / 1000 / inFlightMax);
  return { gapBytesMax, readBytesMax: Math.min(READ_BYTES.max, Math.max(READ_BYTES.min, shareBytes)) };
}

import { mergeLimits } from '../../engine/http/merging.js';
import type { GetCost } from '../../results/get.js';
import { formatBytes, formatCount } from '../../units.js';
import type { Sources } from './sources.js';

/** Blocks whose gaps are stated. */
const BLOCK_BYTES = 4096;

/** What a plan's objects would cost, by bucket and server. */
export function costsOf({ remotes }: Sources): readonly GetCost[] {
  return [...remotes.values()].map(({ root, info }) => {
    const { requests, bytes, inFlightMax, latencyMs, bytesPerSecond, asked = 0 } = info;
    const many = {
      count: Number.POSITIVE_INFINITY,
      inHand: 0,
      hasMore: true,
      medianBytes: BLOCK_BYTES,
      longestBytes: BLOCK_BYTES,
      inFlightMax,
      inFlightNow: inFlightMax,
    };
    const { gapBytesMax } = mergeLimits(many, { latencyMs, bytesPerSecond, isMeasured: true });
    const wallNs = timeNs(requests, bytes, info);
    return { place: root, requests, bytes, inFlightMax, latencyMs, bytesPerSecond, gapBytesMax, wallNs, asked };
  });
}

/** Whichever takes longer: rounds of requests, or the bytes. */
function timeNs(
  requests: number,
  bytes: number,
  { inFlightMax, latencyMs, bytesPerSecond }: Pick<GetCost, 'inFlightMax' | 'latencyMs' | 'bytesPerSecond'>,
): number {
  const roundsMs = Math.ceil(requests / inFlightMax) * latencyMs;
  return Math.round(Math.max(roundsMs * 1e6, (bytes / bytesPerSecond) * 1e9));
}

export function costText(cost: GetCost): string {
  const { place, requests, bytes, inFlightMax, latencyMs, bytesPerSecond, gapBytesMax, asked } = cost;
  return [
    `${place}: ${formatCount(requests)} ${requests === 1 ? 'request' : 'requests'} for ${formatBytes(bytes)}, about ${(cost.wallNs / 1e9).toFixed(1)} s`,
    `  ${inFlightMax} in flight, ${latencyMs.toFixed(1)} ms to the first byte, ${formatBytes(bytesPerSecond)}/s; gaps up to ${formatBytes(gapBytesMax)} are read along`,
    `  this plan sent ${formatCount(asked)} ${asked === 1 ? 'request' : 'requests'} to learn sizes`,
  ].join('\n');
}

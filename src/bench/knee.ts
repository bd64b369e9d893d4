import type { Amount, PositiveCount } from '../results/common.js';

/** A depth within this share of the best throughput is as good: what is beyond it is paid for in latency. */
const KNEE_SHARE = 0.95;

/** A setting, and what it came to as far as the choice depends on it; null where no run counts. */
export interface KneePoint {
  /** null: the case has no blocks to choose the size of. */
  readonly blockBytes: PositiveCount | null;
  readonly rings: PositiveCount;
  /** Of each ring. */
  readonly queueDepth: PositiveCount;
  readonly operationsPerSecond: Amount | null;
  readonly latencyNsP99: Amount | null;
}

/** The setting to take for a block size, against the one with the highest throughput. */
export interface Recommendation {
  readonly blockBytes: PositiveCount | null;
  readonly rings: PositiveCount;
  readonly queueDepth: PositiveCount;
  readonly operationsPerSecond: Amount;
  readonly latencyNsP99: Amount | null;
  readonly bestRings: PositiveCount;
  readonly bestQueueDepth: PositiveCount;
  readonly bestOperationsPerSecond: Amount;
  readonly bestLatencyNsP99: Amount | null;
}

/**
 * The knee: of points that differ in depth only, the one with the smallest depth whose throughput is within 5 % of the
 * best. undefined when no point counts.
 */
export function kneeOf<Point extends KneePoint>(points: readonly Point[]): Point | undefined {
  const best = bestOf(points);
  if (best === undefined) return undefined;
  const good = points.filter((point) => isAsGood(point, best));
  return good.reduce((least, point) => (point.queueDepth < least.queueDepth ? point : least));
}

/**
 * What to take for each block size: the fewest rings whose best is within 5 % of the best of all, since each costs a
 * thread and its memory; with these, the depth at the knee.
 */
export function recommendationsOf(points: readonly KneePoint[]): Recommendation[] {
  return [...new Set(points.map((point) => point.blockBytes))].flatMap((blockBytes) => {
    const ofBlock = points.filter((point) => point.blockBytes === blockBytes);
    const best = bestOf(ofBlock);
    if (best === undefined) return [];
    const rings = Math.min(...ofBlock.filter((point) => isAsGood(point, best)).map((point) => point.rings));
    const taken = kneeOf(ofBlock.filter((point) => point.rings === rings))!;
    return {
      blockBytes,
      rings,
      queueDepth: taken.queueDepth,
      operationsPerSecond: taken.operationsPerSecond!,
      latencyNsP99: taken.latencyNsP99,
      bestRings: best.rings,
      bestQueueDepth: best.queueDepth,
      bestOperationsPerSecond: best.operationsPerSecond!,
      bestLatencyNsP99: best.latencyNsP99,
    };
  });
}

/** The highest throughput; of equals the first. */
function bestOf<Point extends KneePoint>(points: readonly Point[]): Point | undefined {
  return points
    .filter((point) => point.operationsPerSecond !== null)
    .reduce<Point | undefined>(
      (best, point) => (point.operationsPerSecond! > (best?.operationsPerSecond ?? -1) ? point : best),
      undefined,
    );
}

function isAsGood({ operationsPerSecond }: KneePoint, best: KneePoint): boolean {
  return operationsPerSecond !== null && operationsPerSecond >= best.operationsPerSecond! * KNEE_SHARE;
}

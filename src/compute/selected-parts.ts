import type { Box } from '../array/grid.js';
import { type RawPart, rawParts } from '../array/raw-parts.js';

/** A gap that takes no longer to read than another read would. */
const GAP_BYTES_MAX = 6 * 1024;
/** A part with gaps in it is at most so long. */
const PART_BYTES_MAX = 256 * 1024;
/** What a read costs beside its bytes, in bytes. */
export const READ_COST_BYTES = 4096;
/** Parts pay where they are less than this share of the chunk. */
export const PARTS_SHARE_MAX = 1 / 4;

/**
 * The parts of a raw chunk that hold what is selected of it.
 *
 * @returns undefined where reading the whole chunk is better.
 */
export function selectedParts(
  boxes: readonly Box[],
  chunkShape: readonly number[],
  itemBytes: number,
): readonly RawPart[] | undefined {
  const allowed = PARTS_SHARE_MAX * chunkShape.reduce((a, b) => a * b, itemBytes);
  // Most often nearly all of a chunk is wanted, or it is small: that costs nothing to see.
  if (allowed < 2 * READ_COST_BYTES) return undefined;
  const wanted = boxes.reduce((sum, { count }) => sum + count.reduce((a, b) => a * b, itemBytes), 0);
  if (wanted > allowed || boxes.some(({ step }) => step.some((one) => one !== 1))) return undefined;
  const limits = { gapBytesMax: GAP_BYTES_MAX, partBytesMax: PART_BYTES_MAX };
  const parts = rawParts(
    boxes.map(({ source, target, count }) => ({ crop: 0, source, target, count })),
    chunkShape,
    itemBytes,
    limits,
  );
  const cost = parts.reduce((sum, { length }) => sum + length + READ_COST_BYTES, 0);
  return cost <= allowed ? parts : undefined;
}

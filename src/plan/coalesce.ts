/** How requests on one file are merged. */
export interface Coalesce {
  /** The largest gap between two ranges that is read along with them, in bytes. */
  readonly gapBytesMax: number;
  /** The longest read that is made by merging, in bytes. */
  readonly readBytesMax: number;
}

/**
 * What a read costs besides its bytes, and how fast bytes come: more than this many bytes in a gap take longer than one
 * more read. A device that gives 130,000 reads of 4 KiB or 2 GiB a second: 5.8 µs a read, 12 KiB. The page cache, through
 * io_uring: 0.8 µs and 7 GiB/s, 6 KiB; from a page cache that is cold the break-even is 8 to 12 KiB, but there is more to
 * lose where it is warm. See docs/decisions.md for what was measured.
 */
export const COSTS = {
  direct: { requestNs: 5_800, bytesPerSecond: 2 * 1024 ** 3 },
  buffered: { requestNs: 820, bytesPerSecond: 7 * 1024 ** 3 },
};

/** Long enough for the device's full rate at depth 8, and short enough for the CPU's cache. */
const READ_BYTES_MAX = 256 * 1024;

/** How ranges are merged by default. */
export function coalesceAuto({ direct }: { readonly direct: boolean }): Coalesce {
  const { requestNs, bytesPerSecond } = direct ? COSTS.direct : COSTS.buffered;
  const gapBytes = (requestNs / 1e9) * bytesPerSecond;
  return { gapBytesMax: Math.floor(gapBytes / 1024) * 1024, readBytesMax: READ_BYTES_MAX };
}

/** What a user may say of merging. */
export interface CoalesceChoice {
  /** As measured, not at all, or the largest gap in bytes. */
  readonly coalesce: 'auto' | 'off' | number;
  /** The longest read, in bytes. */
  readonly readBytesMax?: number | undefined;
}

/** What it comes to; undefined: nothing is merged. */
export function coalesceFor(
  { coalesce, readBytesMax }: CoalesceChoice,
  given: { readonly direct: boolean },
): Coalesce | undefined {
  if (coalesce === 'off') return undefined;
  const auto = coalesceAuto(given);
  if (coalesce !== 'auto') return { gapBytesMax: coalesce, readBytesMax: readBytesMax ?? auto.readBytesMax };
  return { ...auto, readBytesMax: Math.min(auto.readBytesMax, readBytesMax ?? auto.readBytesMax) };
}

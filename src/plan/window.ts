/**
 * Bytes in flight per ring unless told otherwise: 16 reads of 256 KiB. There, 1,000 files of 256 KiB were read fastest
 * (2.04 GiB/s, the device's limit, against 1.66 at 64 in flight); more only queues.
 */
export const WINDOW_BYTES = 4 * 1024 ** 2;

/**
 * Reads in flight per ring unless told otherwise. Small reads want 128 to 256: with 20,000 cold files of 4 KiB, 256 gave
 * 6 % more than 128 in relation to fio, but a ring of 128 is the largest that fits into 64 KiB of locked memory.
 */
export const QUEUE_DEPTH_MAX = 128;

/**
 * The number of reads to keep in flight: as many as fit into the window of bytes, at least 1 and at most
 * `queueDepthMax`. A count alone can't serve both ends: small reads need many to keep the device busy, while 256 KiB
 * reads get slower beyond 16.
 *
 * @param options `readBytes`: the length of a typical read; 0 counts as 1. `queueDepthMax`: default
 * {@link QUEUE_DEPTH_MAX}. `windowBytes`: default {@link WINDOW_BYTES}.
 */
export function depthFor(options: { readBytes: number; queueDepthMax?: number; windowBytes?: number }): number {
  const { readBytes, queueDepthMax = QUEUE_DEPTH_MAX, windowBytes = WINDOW_BYTES } = options;
  const fitting = Math.floor(windowBytes / Math.max(1, readBytes));
  return Math.max(1, Math.min(queueDepthMax, fitting));
}

/**
 * Bytes in flight per ring unless told otherwise: 16 reads of 256 KiB. They are enough for the device's limit; more only
 * queue.
 */
export const WINDOW_BYTES = 4 * 1024 ** 2;

/**
 * Reads in flight per ring unless told otherwise. The kernel merges small reads that lie side by side, so that a device gets a
 * twentieth as many: with 20,000 cold files of 4 KiB, 256 gave 1.25 times as much as 128, and 512 hardly more. Where only 64 KiB
 * of locked memory are allowed, and the kernel counts rings as such, the engine halves it to 128.
 */
export const QUEUE_DEPTH_MAX = 256;

/**
 * The number of reads to keep in flight: as many as fit into the window of bytes, at least 1 and at most
 * `queueDepthMax`. A count alone can't serve both ends: small reads need many to keep the device busy, while 256 KiB
 * reads only fill memory beyond 16.
 *
 * @param options `readBytes`: the length of a typical read; 0 counts as 1. `queueDepthMax`: default
 * {@link QUEUE_DEPTH_MAX}. `windowBytes`: default {@link WINDOW_BYTES}.
 */
export function depthFor(options: { readBytes: number; queueDepthMax?: number; windowBytes?: number }): number {
  const { readBytes, queueDepthMax = QUEUE_DEPTH_MAX, windowBytes = WINDOW_BYTES } = options;
  const fitting = Math.floor(windowBytes / Math.max(1, readBytes));
  return Math.max(1, Math.min(queueDepthMax, fitting));
}

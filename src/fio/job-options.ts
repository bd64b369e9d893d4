import { HUGE_PAGE_BYTES } from '../native/libc.js';

/** fio takes huge pages in multiples of this, however small they are. */
const HUGE_ALIGN_BYTES = 4 * 1024 * 1024;

/** How fio is to run. */
export interface FioJobOptions {
  /** Reads in flight, per ring. */
  readonly queueDepth: number;
  /** fio's jobs: each does its part of the work, with a ring of its own. */
  readonly rings: number;
  readonly direct: boolean;
  /** `matched`: fio at its best on lsio's work. `classic`: whole files as the first lsio was compared with fio. */
  readonly baseline: 'matched' | 'classic';
  /** How often the work is done. */
  readonly passes?: number | undefined;
  /** False: fio records no latencies, which would cost it two clock reads for each read. */
  readonly latency?: boolean | undefined;
  /** Memory that fio may lock; buffers are registered with the kernel where they fit into a quarter of it, as lsio's do. */
  readonly memlockBytes?: number | undefined;
  /** Reserved memory in huge pages; fio's buffers use it if they fit. Default: none. */
  readonly hugeBytes?: number | undefined;
}

/** Whether fio's buffers are registered with the kernel. */
export function fixesBuffers(
  readBytes: number,
  { queueDepth, rings, memlockBytes = Number.POSITIVE_INFINITY }: FioJobOptions,
): boolean {
  return 4 * queueDepth * readBytes * rings <= memlockBytes;
}

/** The huge pages that the buffers of all jobs take. */
export function hugePagesNeeded(readBytes: number, { queueDepth, rings }: FioJobOptions): number {
  const bytes = (Math.floor((queueDepth * readBytes) / HUGE_ALIGN_BYTES) + 1) * HUGE_ALIGN_BYTES;
  return (bytes * rings) / HUGE_PAGE_BYTES;
}

/** Whether as many are reserved. */
export function fitsHugePages(readBytes: number, options: FioJobOptions): boolean {
  return hugePagesNeeded(readBytes, options) * HUGE_PAGE_BYTES <= (options.hugeBytes ?? 0);
}

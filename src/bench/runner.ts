import type { ReadOrder } from '../store/local/device-order.js';

/** How long one run took and what it did; of the whole process that read, all threads included. */
export interface Sample {
  readonly wallNs: number;
  readonly cpuUserNs: number;
  readonly cpuSystemNs: number;
  /** Things asked for: files or blocks, over all passes. */
  readonly operations: number;
  readonly bytes: number;
  /** Reads that were issued for that, and the bytes that they brought; absent where it isn't known. */
  readonly reads?: number | undefined;
  readonly bytesRead?: number | undefined;
  /** In which order the work was read; absent: as given. */
  readonly readOrder?: ReadOrder | undefined;
  /** Of the process; absent where it isn't told. */
  readonly contextSwitches?: number | undefined;
  readonly pageFaults?: number | undefined;
  readonly majorPageFaults?: number | undefined;
  /** Submit to bytes available, by log-spaced bucket; see {@link LatencyHistogram}. Absent when not recorded. */
  readonly latencyCounts?: Float64Array | undefined;
}

/** One side of a comparison: something that can do the same work again and again. */
export interface Runner {
  readonly name: string;
  /**
   * Does the work, `passes` times over.
   *
   * @throws {LsioError} when it can't; a failed read is a failed run.
   */
  run(passes: number): Promise<Sample>;
  /** The processes that do it, where they live on from run to run. */
  readonly pids?: readonly number[] | undefined;
  close(): Promise<void>;
}

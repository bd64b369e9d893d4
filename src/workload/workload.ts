/** The cases that `lsio bench` and `lsio compare-fio` know. */
export const CASES = ['whole-files', 'file-heads', 'file-gaps', 'big-gaps', 'big-random'] as const;
export type CaseName = (typeof CASES)[number];

/** A file of a workload. */
export interface WorkloadFile {
  readonly path: string;
  /** Bytes, as the file system said when the workload was made. */
  readonly size: number;
}

/**
 * What is to be read, as plain data: the one value from which lsio's requests, the baselines' calls and fio's job are
 * all derived, so that two sides of a comparison can't drift apart.
 *
 * Operation `i` reads `lengths[i]` bytes at `offsets[i]` of `files[fileOf[i]]`. The operations are in the order in which
 * they are given to an engine. All quantities are bytes.
 */
export interface Workload {
  readonly case: CaseName;
  /**
   * True when each operation is a whole file, opened and closed by itself; false when the operations on one file share
   * one open file.
   */
  readonly wholeFiles: boolean;
  /** The distinct files. Operations on the same file are next to each other. */
  readonly files: readonly WorkloadFile[];
  readonly fileOf: Uint32Array;
  readonly offsets: Float64Array;
  readonly lengths: Float64Array;
  /** The number of things asked for: files or blocks. */
  readonly operations: number;
  /** The bytes asked for: the sum of `lengths`. */
  readonly bytes: number;
}

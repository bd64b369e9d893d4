import type { Count, Outcome, PositiveCount } from './common.js';

/** Statistics of an array: of `lsio stats` and `lsio merge`. */
export type StatsDocument = Outcome<'lsio.stats/1', StatsResult>;

export interface StatsResult {
  /** As it was given. */
  readonly source: string;
  readonly array: string;
  /**
   * By the name of the reduction. A scalar is a number: null for NaN, text for infinities and integers beyond 2^53. Others
   * are nested lists in the order of `dims`. A histogram has `edges` and `counts`.
   */
  readonly results: Readonly<Record<string, unknown>>;
  /** The axes of the results. */
  readonly dims: readonly string[];
  /** For each of `dims` its labels: numbers, text or ISO times. */
  readonly coords: Readonly<Record<string, readonly unknown[]>>;
  readonly chunks: Count;
  /** Not stored: counted as the fill value. */
  readonly chunksMissing: Count;
  /** Left out because of `--skip-errors`. */
  readonly chunksFailed: Count;
  /** Of all passes. */
  readonly bytesRead: Count;
  /** Of all passes. */
  readonly bytesDecoded: Count;
  readonly wallNs: Count;
  /** Decoded. */
  readonly bytesPerSecond: Count;
  /** @minimum 0 */
  readonly minutesPerTerabyte: number | null;
  readonly boundBy: 'cpu' | 'storage';
  /** Sums were exact integers, and rounded once. */
  readonly exact: boolean;
  readonly workers: PositiveCount;
  /** What decompressed: `native`, `wasm` or `none`. */
  readonly decoder: string;
  readonly engine: string;
}

import type { Count, ErrorReport, Outcome } from './common.js';

/** What the page cache holds of files, after the eviction if there was one. */
export type CacheDocument = Outcome<'lsio.cache/1', CacheResult>;

export interface CacheResult extends CacheTotals {
  readonly action: 'status' | 'evict';
  /** Every path that was looked at, in that order: below a directory by the byte order of the paths. */
  readonly items: readonly (CacheFile | CacheFailure)[];
  /** The sums of each argument of the command line. */
  readonly paths: readonly CachePath[];
  /** Paths that nothing could be told of. */
  readonly failed: Count;
}

/** What is in the page cache of one file, or of several. */
export interface CacheFigures {
  readonly sizeBytes: Count;
  /** What the page cache holds: whole pages, but never more than the size. */
  readonly residentBytes: Count;
  /** The same before the eviction; only there if the action is `evict`. */
  readonly residentBytesBefore?: Count;
}

export interface CacheFile extends CacheFigures {
  /**
   * As it was given, or as it was found below a directory; each byte that is not UTF-8 is a lone surrogate from U+DC80 to
   * U+DCFF.
   */
  readonly path: string;
}

export interface CacheFailure {
  /** As that of a file. */
  readonly path: string;
  readonly error: ErrorReport;
}

export interface CacheTotals extends CacheFigures {
  /** Files whose figures are known. */
  readonly files: Count;
}

export interface CachePath extends CacheTotals {
  /** As it was given. */
  readonly path: string;
  /** Paths that nothing could be told of. */
  readonly failed: Count;
}

import type { Count, ErrorReport, Outcome } from './common.js';

/**
 * What was got. When the command failed as a whole, `error` and `exitCode` say how; what comes before them is there only
 * if reading had begun.
 */
export type GetDocument = Outcome<'lsio.get/1', GetResult>;

export interface GetResult extends GetTotals {
  readonly engine: 'uring' | 'node' | 'http';
  /** Why this engine was taken. */
  readonly engineReason: string;
  /** Left out by `--no-items`. */
  readonly items?: readonly GetItem[];
}

export interface GetTotals {
  /** Inputs that could not be got whole. */
  readonly failed: Count;
  /** Inputs that `--skip-existing` left out: their output was there. Absent where there were none. */
  readonly skipped?: Count;
  /** Bytes that were got. */
  readonly bytes: Count;
  /** Reads that the engine finished for them; a small file is one. */
  readonly reads: Count;
  /** Bytes that those reads brought. */
  readonly bytesRead: Count;
  /** Whether the bytes came past the page cache, by O_DIRECT: those of all, none, or some of the reads. Not in a plan. */
  readonly direct?: 'on' | 'off' | 'mixed';
  /** From the first request to the last byte, in nanoseconds. */
  readonly wallNs: Count;
  /** Nothing was read: the figures say what would be, and `wallNs` how long that took to work out. */
  readonly dryRun?: true;
  /**
   * Of a dry run: files that are not in the page cache would be read as given, or about as they lie on the device, by inode
   * number.
   */
  readonly order?: 'given' | 'device';
}

/** What became of an input. */
export interface GetItem {
  /** What the request calls itself. */
  readonly id?: string | number | undefined;
  /**
   * As it was given, or as it was found; each byte that is not UTF-8 is a lone surrogate from U+DC80 to U+DCFF. Empty for a
   * line that is no request.
   */
  readonly path: string;
  /** Where in the file the item begins, or where the error happened. */
  readonly offset: Count;
  readonly bytes: Count;
  /** Of the item's bytes, when `--checksum` asks for it: `sha256:…` in lower case. */
  readonly digest?: string | undefined;
  readonly error?: ErrorReport;
}

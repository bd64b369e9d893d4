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
  /** Whether all, none or some of the reads used O_DIRECT. Not in a plan. */
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
  /** Of a dry run: what the objects of each bucket or web server would cost. Absent where there are none. */
  readonly costs?: readonly GetCost[] | undefined;
}

/** What objects would cost. */
export interface GetCost {
  /** The bucket, container or web server, as its URL. */
  readonly place: string;
  /** Requests after merging. */
  readonly requests: Count;
  /** Bytes that they would bring. */
  readonly bytes: Count;
  /** Requests in flight at most. */
  readonly inFlightMax: Count;
  /** Until the first byte of an answer, in milliseconds: measured, or what is taken for likely. */
  readonly latencyMs: number;
  /** What is taken for the bandwidth. */
  readonly bytesPerSecond: number;
  /** The longest gap that would be read along where many requests wait, for blocks of 4 KiB. */
  readonly gapBytesMax: Count;
  /** About how long it would take, in nanoseconds. */
  readonly wallNs: Count;
  /** Requests that this plan itself sent, for the sizes of objects. */
  readonly asked: Count;
}

/** The result of an input. */
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

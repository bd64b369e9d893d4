import type { Count, Outcome, PositiveCount } from './common.js';

/** Series at points, along one axis of an array. */
export type SeriesDocument = Outcome<'lsio.series/1', SeriesResult>;

export interface SeriesResult {
  /** As it was given. */
  readonly source: string;
  readonly array: string;
  /** The axis along which the series go. */
  readonly dim: string;
  /** Its labels: numbers, text or ISO times; positions where it has none. */
  readonly coords: readonly unknown[];
  readonly points: readonly PointSeries[];
  readonly chunks: Count;
  /** Not stored: their values are the fill value. */
  readonly chunksMissing: Count;
  readonly bytesRead: Count;
  readonly workers: PositiveCount;
  /** What decompressed: `native`, `wasm` or `none`. */
  readonly decoder: string;
  readonly engine: string;
  readonly wallNs: Count;
}

/** The series at one point. */
export interface PointSeries {
  /** Its name, or as it was asked for. */
  readonly point: string;
  /** One for each of `coords`: null where it is missing, text for an infinity. */
  readonly values: readonly (number | string | null)[];
}

import type { Count, Outcome } from './common.js';

/** The fields of GRIB files. */
export type GribLsDocument = Outcome<'lsio.grib-ls/1', GribLsResult>;

export interface GribLsResult {
  readonly files: readonly GribFileEntry[];
  /** Bytes of headers that were read from all files. */
  readonly bytesRead: Count;
  readonly wallNs: Count;
}

export interface GribFileEntry {
  readonly file: string;
  readonly bytes: Count;
  /** Bytes in no message: padding, bulletin headers, faulty messages. */
  readonly skippedBytes: Count;
  /** The index that was used; absent where the file was scanned. */
  readonly index?: string;
  /** Those that were selected, in the order of the file. */
  readonly fields: readonly GribFieldEntry[];
  readonly errors: readonly GribFaultEntry[];
}

export interface GribFieldEntry {
  /** As in wgrib2's inventories: `4`, or `7.2` for the second field of a message. */
  readonly number: string;
  /** Of the message, in bytes. */
  readonly offset: Count;
  /** Of the message, in bytes. */
  readonly length: Count;
  readonly edition: 1 | 2;
  /** ecCodes' name; `discipline.category.number` (GRIB1: `table.number`) where it has none. */
  readonly shortName: string;
  /** 0 where ecCodes has none. */
  readonly paramId: Count;
  /** `discipline.category.number`, in GRIB1 `table.number`. */
  readonly parameter: string;
  readonly typeOfLevel: string;
  /** In the unit of `typeOfLevel`. */
  readonly level: number;
  readonly stepRange: string;
  readonly stepType: string;
  /** The ensemble member. */
  readonly member?: Count;
  /** The reference time, ISO 8601 in UTC. */
  readonly date: string;
  readonly centre: string;
  readonly packingType: string;
  readonly gridType: string;
  readonly points: Count;
  /** The line of wgrib2's inventory. */
  readonly line: string;
}

export interface GribFaultEntry {
  /** Byte of the file. */
  readonly offset: Count;
  readonly code: string;
  readonly message: string;
}

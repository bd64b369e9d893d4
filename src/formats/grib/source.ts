import type { Extent } from '../../range.js';
import type { GribFault } from './fault.js';
import type { ReadRange } from './reading.js';
import type { GribMessage } from './walk.js';

/** The bytes of one file. */
export interface GribSource {
  /** Bytes. */
  readonly size: number;
  /** Reads one range after the other: their bytes may share memory. */
  readonly read: ReadRange;
  /**
   * Reads beside other reads, and calls back: a promise for each header takes longer than its read. Absent where `read`
   * answers with promises anyway.
   *
   * @param room for the bytes, which are fewer only at the end of the file.
   */
  readonly readBeside?: (extent: Extent, room: Uint8Array, done: (error: unknown, count: number) => void) => void;
}

/** What a scan finds, in the order of the file. */
export type ScanItem = { readonly message: GribMessage } | { readonly fault: GribFault };

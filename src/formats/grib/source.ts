import type { GribFault } from './fault.js';
import type { ReadRange } from './reading.js';
import type { GribMessage } from './walk.js';

/** The bytes of one file. */
export interface GribSource {
  /** Bytes. */
  readonly size: number;
  readonly read: ReadRange;
}

/** What a scan finds, in the order of the file. */
export type ScanItem = { readonly message: GribMessage } | { readonly fault: GribFault };

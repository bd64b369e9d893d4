import type { Clock } from '../../clock.js';
import type { Ring } from '../../uring/ring.js';
import type { StatedSizes } from './stated-sizes.js';

export interface RingEngineOptions {
  /** @default systemClock */
  readonly clock?: Clock | undefined;
  /** Entries of each ring's file table beyond the first `queueDepth`. */
  readonly sharedFiles: number;
  /** Bytes in flight at most, of each ring. */
  readonly windowBytes: number;
  /** Where the ends of files have to be confirmed; absent: nowhere. */
  readonly sizes?: StatedSizes | undefined;
  /** Another ring, for when this thread is busy most of the time; undefined: none is available. */
  readonly addRing?: (() => Promise<Ring | undefined>) | undefined;
  /** How many rings there may be; those that there are at first, unless {@link addRing} is given. */
  readonly ringsMax?: number | undefined;
  /** All rings are shut down; with `drained` false their memory may still be written to. */
  readonly onShutdown?: (drained: boolean) => void;
}

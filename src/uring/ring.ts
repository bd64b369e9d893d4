import type { Slab } from '../memory/slab.js';
import type { FileFacts } from '../native/file-facts.js';

/** The completions of one {@link Ring.submitAndReap}, as columns: entry `i` of each belongs together. */
export interface Completions {
  readonly slot: Uint32Array;
  readonly generation: Uint32Array;
  /** What the operation returned: bytes read, 0, or `-errno`. */
  readonly result: Int32Array;
}

/** Stats that may be in flight besides `entries` operations. */
export const SPARE_STATS = 64;

/** What a ring is made for; all counts are fixed for its life. */
export interface RingOptions {
  /**
   * The most operations in flight: SQEs prepared and not yet seen complete. Each may be cancelled once, and
   * {@link SPARE_STATS} stats may be in flight besides.
   */
  readonly entries: number;
  /** The number of files that can be open at once: direct descriptors 0 … files-1. */
  readonly files: number;
}

/**
 * A submission and a completion queue: all that an engine asks of the system. It knows no promises, no paths beyond
 * their bytes, and no retries. `IoUring` is the kernel's; `LibuvRing` stands in where that can't be had; a simulated one
 * can stand in for tests.
 *
 * An operation is named by a slot and a generation, both u32, which come back with its completion. Files are named by an
 * index into the ring's own table of open files. Nothing reaches the kernel before `submitAndReap`.
 */
export interface Ring {
  /** The memory that its reads land in, and perhaps those of other rings. */
  readonly slab: Slab;
  readonly completions: Completions;
  /**
   * Opens `path` read-only into entry `file` of the file table; what was open there is closed. A `stream` is read from
   * where the last read ended, whatever offset is given.
   */
  open(
    slot: number,
    generation: number,
    file: number,
    path: string | Uint8Array,
    direct: boolean,
    stream?: boolean,
  ): void;
  /** Reads `length` bytes at `offset` of entry `file` into the slab at `at`. */
  read(slot: number, generation: number, file: number, offset: number, at: number, length: number): void;
  /**
   * Completes with 0 when entry `file` is one whose reads heed their offset, with an error when that isn't known. Absent
   * where a read says itself that it can't.
   */
  checkSeek?(slot: number, generation: number, file: number): void;
  /**
   * Reads up to `length` bytes of `path` at `offset` into the slab at `at`, by an ordinary pread(2). For file systems
   * that end other reads too early.
   */
  readPlainly(
    slot: number,
    generation: number,
    path: string | Uint8Array,
    offset: number,
    at: number,
    length: number,
  ): void;
  /** Asks the file system about `path`. Once it completes with 0, {@link facts} of `place` has the answer. */
  stat(slot: number, generation: number, place: number, path: string | Uint8Array): void;
  /** @param place below `entries` + {@link SPARE_STATS}; the last {@link stat} into it is complete. */
  facts(place: number): FileFacts;
  /** Closes entry `file`, before whatever is prepared after it. */
  close(slot: number, generation: number, file: number): void;
  /** Asks for an operation in flight to be given up; its completion still arrives. */
  cancel(slot: number, generation: number): void;
  /**
   * Hands all prepared operations over and moves the completions that are there into `completions`, without waiting.
   *
   * @returns how many completions there are now; `unsubmitted` says whether some operations could not be handed over
   * and another call is needed.
   * @throws {LsioError} `unavailable` when the queue has failed for good.
   */
  submitAndReap(): number;
  readonly unsubmitted: boolean;
  /**
   * Calls `onWake` from the event loop when completions arrive. With `armed` off none need come; after turning it on,
   * `submitAndReap` once more, or a completion from before may be missed.
   */
  listen(onWake: () => void): void;
  arm(on: boolean): void;
  /** Whether the ring keeps the process alive. */
  hold(on: boolean): void;
  /**
   * Ends the ring. With `drained` false operations are still in flight: what they need is left to them for good, and so
   * must be the slab, since a late read would otherwise land in somebody else's memory. Afterwards every other method
   * throws.
   */
  shutdown(drained: boolean): void;
}

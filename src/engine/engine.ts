import type { Clock } from '../clock.js';
import type { LsioError } from '../errors.js';
import type { Path, SharedFile } from './read.js';
import type { ReadSlots } from './slots.js';

export { BUFFER_BYTES_MAX, type Path, type SharedFile, TO_END } from './read.js';

export type EngineName = 'uring' | 'node';

/** Engines that are chosen by name, and those that are chosen by where the data is. */
export type EngineKind = EngineName | 'http';

/** What runs the reads and why; it goes into every result, so that a fallback never poses as io_uring. */
export interface EngineInfo {
  readonly engine: EngineKind;
  /** Why this engine was chosen, in one clause. */
  readonly reason: string;
  /** When io_uring exists but did not work: how to fix it. */
  readonly remedy?: string | undefined;
  /** Reads in flight at most, of each ring. */
  readonly queueDepth: number;
  /** How many rings share the work; each but the first has a thread that enters the kernel for it. */
  readonly rings: number;
  /** Memory that reads land in at most. */
  readonly slabBytes: number;
  /** The set-up flags of the ring; empty for `node`. */
  readonly flags: readonly string[];
}

/**
 * Says what is to be read, and takes what was. The engine pulls: it asks for as many reads as it has room for, so
 * back-pressure needs no queue. Both calls are made from the event loop and must not throw.
 */
export interface ReadSource {
  /**
   * Describes up to `count` reads, the first in slot `free[0]`, by {@link ReadSlots.path} or {@link ReadSlots.file},
   * `offset`, `length` and `tag`.
   *
   * @returns how many were described. Fewer than `count` means that there are no more now: call {@link Run.wake} when
   * there are.
   */
  fill(slots: ReadSlots, free: Int32Array, count: number): number;
  /**
   * Takes `count` finished reads, in slots `finished[0]` …, in any order. Their bytes are good until the call returns;
   * {@link ReadSlots.keep} lends a read's bytes for longer.
   */
  done(slots: ReadSlots, finished: Int32Array, count: number): void;
  /** True once `fill` will never describe a read again. */
  readonly ended: boolean;
}

/** How files are opened. */
export interface OpenOptions {
  /** Open with O_DIRECT, and widen reads to multiples of this many bytes; absent or 0: buffered. */
  readonly directAlignBytes?: number | undefined;
  /**
   * Of a shared file: read on from where the last read ended, whatever offset is asked for, and wait for what is not there
   * yet. For pipes. One read at a time, or their order is any.
   */
  readonly stream?: boolean | undefined;
}

/** How a source is run; `directAlignBytes` is for reads by path. */
export interface RunOptions extends OpenOptions {
  /** Every file is known to be regular, so that an empty read needs no second look. */
  readonly regularFiles?: boolean | undefined;
}

/** A source being read. */
export interface Run {
  /** Says that the source has reads to describe again. */
  wake(): void;
  /** Describes no more reads, and asks the kernel to give up those in flight: they finish with `ECANCELED`. */
  cancel(): void;
  /**
   * Fulfils when the source has ended and all its reads are done.
   * Rejects with `unavailable` when the engine fails, `closed` when it is closed first, and with the error itself after
   * a broken invariant or when the source throws; the engine is of no more use then.
   */
  readonly finished: Promise<void>;
}

/** Reads files. Engines differ in how, never in what: one conformance suite runs on all of them. */
export interface Engine {
  readonly info: EngineInfo;
  /** What it goes by; absent: {@link systemClock}. */
  readonly clock?: Clock | undefined;
  /** A file for many reads. Nothing is opened yet. */
  share(path: Path, options?: OpenOptions): SharedFile;
  run(source: ReadSource, options?: RunOptions): Run;
  /** The error behind an errno of its own, for engines whose failures are more than numbers. */
  failure?(errno: number): LsioError | undefined;
  /**
   * Cancels what is in flight, waits for it (2 s at most), and gives everything back. Afterwards `share` and `run`
   * throw `closed`. Bytes leased with {@link ReadSlots.keep} stay readable.
   */
  close(): Promise<void>;
}

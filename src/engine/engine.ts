import type { ReadSlots } from './slots.js';

/** A path as the system takes it: text, or its exact bytes where they are not UTF-8. */
export type Path = string | Uint8Array;

/** The `length` of a read that goes on to the end of the file, however long it is. */
export const TO_END = -1;

/**
 * The longest read that comes in one piece, in bytes. A file read {@link TO_END} that is longer fails with `too-large`:
 * ask for ranges of it.
 */
export const PIECE_BYTES_MAX = 8 * 1024 * 1024;

export type EngineName = 'uring' | 'node';

/** What runs the reads and why; it goes into every result, so that a fallback never poses as io_uring. */
export interface EngineInfo {
  readonly engine: EngineName;
  /** Why this engine was chosen, in one clause. */
  readonly reason: string;
  /** Where io_uring was to be had but didn't work: what mends it. */
  readonly remedy?: string | undefined;
  /** Reads in flight at most. */
  readonly queueDepth: number;
  /** Memory that reads land in at most. */
  readonly slabBytes: number;
  /** The set-up flags of the ring; empty for `node`. */
  readonly flags: readonly string[];
}

/**
 * A file that many reads share. It is opened by its first read and again after it was closed for others that needed the
 * room; what went wrong with opening it is what its reads fail with.
 */
export interface SharedFile {
  readonly path: Path;
  /** Closes it once its reads are done. Reading from it afterwards is an error. */
  close(): void;
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
   * Takes `count` finished reads, in slots `finished[0]` …, in any order. Their bytes are lent until the call returns;
   * {@link ReadSlots.keep} lends a read's bytes for longer.
   */
  done(slots: ReadSlots, finished: Int32Array, count: number): void;
  /** True once `fill` will never describe a read again. */
  readonly ended: boolean;
}

/** How a source is run. */
export interface RunOptions {
  /** Open files with O_DIRECT, which needs offsets and lengths that are multiples of this; absent: buffered. */
  readonly directAlignBytes?: number | undefined;
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
   * Rejects with `unavailable` when the engine fails, `closed` when it is closed first.
   */
  readonly finished: Promise<void>;
}

/** Reads files. Engines differ in how, never in what: one conformance suite runs on all of them. */
export interface Engine {
  readonly info: EngineInfo;
  /** A file for many reads. Nothing is opened yet. */
  share(path: Path): SharedFile;
  run(source: ReadSource, options?: RunOptions): Run;
  /**
   * Cancels what is in flight, waits for it (2 s at most), and gives everything back. Afterwards `share` and `run`
   * throw `closed`. Memory lent out is gone, too.
   */
  close(): Promise<void>;
}

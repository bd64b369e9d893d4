import type { Path, SharedFile } from '../engine/engine.js';
import { changedError, pastTheEndOf } from '../engine/failure.js';
import type { LsioError } from '../errors.js';
import { exactCopy, exactMemory, type OwnedBytes } from '../memory/owned.js';
import { InOrder } from './fifo.js';
import { EXACT_LENGTH, FAILED, Item, READY } from './item.js';

/**
 * 1 GiB came from the page cache at 6.3 GiB/s in parts of 1 MiB, at 4.6 in parts of 512 KiB and 3.9 in 256 KiB; from
 * the device at the same rate in each.
 */
export const PART_BYTES = 1024 * 1024;

/** A part of a long read. */
export class Part<R> extends Item<R> {
  readonly long: LongRead<R>;

  constructor(long: LongRead<R>, offset: number, length: number) {
    super(long, offset, length);
    this.long = long;
    this.file = long.file;
    this.last = false;
  }
}

/**
 * A request that is too long for one item: it is read and handed out in parts, several of which are in flight.
 *
 * The size that the file system states is only a hint (procfs says 0, and a file may grow). Up to there parts are read
 * at full depth; from there on one at a time, until one comes back short, which is the end of the file.
 */
export class LongRead<R> {
  readonly index: number;
  readonly request: R;
  readonly path: Path;
  readonly file: SharedFile;
  /** Fewer bytes than `end` promises mean that the file has changed. */
  readonly exact: boolean;
  /** Parts described and not yet handed out. */
  readonly #parts = new InOrder<Part<R>>();
  readonly #begin: number;
  readonly #end: number;
  readonly #sizeBytes: number;
  readonly #partBytes: number;
  #next: number;
  #inFlight = 0;
  /** The end of the file, or an error, was met. */
  #stopped = false;
  /** Parts in flight are no longer wanted. */
  #dropped = false;

  /** The bytes from `begin` to `end` (`Infinity`: the end of the file) of a file said to be `sizeBytes` long. */
  constructor(
    item: Item<R>,
    file: SharedFile,
    extent: { begin: number; end: number; sizeBytes: number; partBytes: number },
  ) {
    this.index = item.index;
    this.request = item.request;
    this.path = item.path;
    this.exact = item.lengthMeans === EXACT_LENGTH;
    this.file = file;
    this.#begin = extent.begin;
    this.#end = extent.end;
    this.#sizeBytes = extent.sizeBytes;
    this.#partBytes = extent.partBytes;
    this.#next = extent.begin;
  }

  /** How many bytes there are, if the size that the file system stated is right. */
  get expectedBytes(): number {
    return Math.max(0, Math.min(this.#end, this.#sizeBytes) - this.#begin);
  }

  /** Nothing more needs to be read. */
  get finished(): boolean {
    return this.#inFlight === 0 && (this.#stopped || this.#next >= this.#end);
  }

  /** Parts in flight or not yet handed out. */
  get parts(): number {
    return this.#parts.length;
  }

  get dropped(): boolean {
    return this.#dropped;
  }

  /** The next part to read, if there is one to be read now. */
  describe(): Part<R> | undefined {
    if (this.#stopped || this.#next >= this.#end) return undefined;
    if (this.#next >= this.#sizeBytes && this.#inFlight > 0) return undefined;
    const part = new Part(this, this.#next, Math.min(this.#partBytes, this.#end - this.#next));
    this.#next += part.length;
    this.#parts.push(part);
    this.#inFlight++;
    return part;
  }

  /**
   * Takes what came of a part.
   *
   * @returns whether it can be handed out without waiting for another read.
   */
  done(part: Part<R>, gotBytes: number, error: LsioError | undefined): boolean {
    this.#inFlight--;
    const isNext = this.#parts.pending === part;
    part.gotBytes = gotBytes;
    part.error = error;
    part.state = error === undefined ? READY : FAILED;
    if (error !== undefined || gotBytes < part.length) this.#stopped = true;
    this.#parts.advance();
    return isNext && this.#settle(part, undefined);
  }

  /** The next part to be handed out, if it is there and it is known whether it is the last. */
  take(): Part<R> | undefined {
    const part = this.#parts.first;
    if (part === undefined || !part.finished || !this.#settle(part, this.#parts.at(1))) return undefined;
    return this.#parts.shift();
  }

  /** Drops an unwanted part, until there is none. */
  drop(): Part<R> | undefined {
    this.#dropped = true;
    return this.#parts.shift();
  }

  /** Decides whether a finished part is the last, or how it fails; false when that isn't known yet. */
  #settle(part: Part<R>, next: Part<R> | undefined): boolean {
    const end = part.offset + part.gotBytes;
    if (part.error === undefined && part.gotBytes < part.length) {
      // What lies behind the end was read at the same time: it must be nothing.
      if (this.#inFlight > 0) return false;
      part.error = this.#errorAtEnd(part, end);
      if (part.error !== undefined) part.state = FAILED;
      part.last = true;
    } else if (part.error !== undefined || end === this.#end) {
      part.last = true;
    } else if (end >= this.#sizeBytes) {
      if (next === undefined || !next.finished) return false;
      part.last = next.gotBytes === 0 && next.error === undefined;
    }
    return true;
  }

  #errorAtEnd(part: Part<R>, end: number): LsioError | undefined {
    let behindBytes = 0;
    for (let index = 0; index < this.#parts.length; index++) {
      const other = this.#parts.at(index)!;
      if (other.offset > part.offset) behindBytes += other.gotBytes;
    }
    if (this.exact || behindBytes > 0) return changedError(this.path, end);
    const wholeFile = this.#begin === 0 && this.#end === Number.POSITIVE_INFINITY;
    if (end > this.#begin || wholeFile) return undefined;
    return pastTheEndOf(this.path, end, Math.min(end, this.#sizeBytes));
  }
}

/** Makes values of exact memory out of the items of one request after another. */
export class Gathering {
  #bytes: OwnedBytes = new Uint8Array(0);
  #usedBytes = 0;

  /**
   * Adds the bytes of an item. Returns the value if it was the last.
   *
   * @throws {LsioError} `too-large` when the value doesn't fit into one array.
   */
  add<R>(item: Item<R>): OwnedBytes | undefined {
    const { bytes } = item;
    if (!(item instanceof Part)) return exactCopy(bytes);
    const endBytes = this.#usedBytes + bytes.length;
    // The expectation is the file system's; when the file has grown, it is a guess.
    if (endBytes > this.#bytes.length) this.#grow(Math.max(endBytes, item.long.expectedBytes, this.#bytes.length * 2));
    this.#bytes.set(bytes, this.#usedBytes);
    this.#usedBytes = endBytes;
    if (!item.last) return undefined;
    const value = this.#usedBytes === this.#bytes.length ? this.#bytes : this.#bytes.slice(0, this.#usedBytes);
    this.#bytes = new Uint8Array(0);
    this.#usedBytes = 0;
    return value;
  }

  #grow(lengthBytes: number): void {
    const grown = exactMemory(lengthBytes);
    grown.set(this.#bytes.subarray(0, this.#usedBytes));
    this.#bytes = grown;
  }
}

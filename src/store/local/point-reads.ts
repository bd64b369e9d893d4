import { type Stats, stat } from 'node:fs';
import { removeAbortable } from '../../abort.js';
import { type Clock, systemClock } from '../../clock.js';
import { type Engine, type ReadSource, type Run, TO_END } from '../../engine/engine.js';
import { failureOf, pastTheEndOf } from '../../engine/failure.js';
import { CHANGED, type ReadSlots, TOO_LARGE } from '../../engine/slots.js';
import { ECANCELED, EIO, EISDIR, ENOENT, ENOTDIR } from '../../errno.js';
import { LsioError } from '../../errors.js';
import { exactCopy, type OwnedBytes } from '../../memory/owned.js';
import { Fifo } from '../../read/fifo.js';
import type { FileCache } from './file-cache.js';
import { type Outcome, type Point, PointRead } from './point-read.js';

/** Ranges that touch are read together up to this length: a longer read gains nothing. */
const MERGED_BYTES_MAX = 256 * 1024;

/** Reads what doesn't fit into one read. `sizeBytes` is the size of the file, if it is known. */
type OnTooLarge = (point: Point, sizeBytes: number | undefined) => Promise<Outcome>;

/** Reads one range or one file for a promise each; those asked for in the same turn go to the kernel together. */
export class PointReads implements ReadSource {
  readonly ended = false;
  readonly #files: FileCache;
  readonly #onTooLarge: OnTooLarge;
  readonly #queue = new Fifo<PointRead>();
  readonly #bySlot: (PointRead | undefined)[];
  readonly #clock: Clock;
  readonly #engine: Engine;
  #run: Run | undefined;
  /** Reads that wait for a stat. */
  readonly #sizing = new Set<PointRead>();
  /** Why nothing more will be read. */
  #failure: unknown;

  constructor(engine: Engine, files: FileCache, onTooLarge: OnTooLarge) {
    this.#files = files;
    this.#onTooLarge = onTooLarge;
    this.#bySlot = new Array<PointRead | undefined>(engine.info.queueDepth).fill(undefined);
    this.#engine = engine;
    this.#clock = engine.clock ?? systemClock;
  }

  /** @returns the bytes; undefined when there is no such file. */
  read(point: Point): Promise<Outcome> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.#run ??= this.#start();
    const read = new PointRead(point);
    this.#push(read);
    return read.promise;
  }

  fill(slots: ReadSlots, free: Int32Array, count: number): number {
    const nowMs = this.#queue.length === 0 ? 0 : this.#clock.now();
    let described = 0;
    while (described < count) {
      const read = this.#queue.shift();
      if (read === undefined) break;
      if (read.aborted) {
        this.#drop(read);
        continue;
      }
      const slot = free[described++]!;
      this.#bySlot[slot] = read;
      const length = read.file === undefined ? read.length : this.#gather(read);
      if (read.file !== undefined) read.file = this.#files.renew(read.file, nowMs);
      slots.file[slot] = read.file?.file;
      slots.path[slot] = read.file === undefined ? read.path : undefined;
      slots.offset[slot] = read.offset;
      slots.length[slot] = length;
      slots.suffix[slot] = read.suffixLength;
    }
    return described;
  }

  done(slots: ReadSlots, finished: Int32Array, count: number): void {
    for (let index = 0; index < count; index++) {
      const slot = finished[index]!;
      const read = this.#bySlot[slot]!;
      this.#bySlot[slot] = undefined;
      const bytes = slots.bytes[slot]!;
      if (read.next !== undefined) this.#share(read, slots, slot);
      else if (bytes > 0 && slots.errno[slot] === 0) {
        this.#give(read, slots.view(slot));
        this.#drop(read);
      } else if (!read.aborted) this.#settle(read, slots, slot);
      else this.#drop(read);
    }
  }

  /** Takes from the queue what is read with `first`: ranges that follow it there and in the file. Returns the length of all. */
  #gather(first: PointRead): number {
    let length = first.length;
    if (length <= 0 || first.suffixLength >= 0) return length;
    for (let last = first; ; ) {
      const next = this.#queue.at(0);
      if (next === undefined || next.file !== first.file || next.offset !== first.offset + length) return length;
      if (next.length <= 0 || next.suffixLength >= 0 || next.aborted || next.alone || first.alone) return length;
      if (length + next.length > MERGED_BYTES_MAX) return length;
      this.#queue.shift();
      length += next.length;
      last.next = next;
      last = next;
    }
  }

  /** Gives what was read for several their bytes; where some are missing each is read for itself. */
  #share(first: PointRead, slots: ReadSlots, slot: number): void {
    const bytes = slots.view(slot);
    const errno = slots.errno[slot]!;
    let at = 0;
    for (let read: PointRead | undefined = first, next: PointRead | undefined; read !== undefined; read = next) {
      next = read.next;
      read.next = undefined;
      const end = at + read.length;
      if (read.aborted) this.#drop(read);
      else if (errno === 0 && end <= bytes.length) {
        this.#give(read, bytes.subarray(at, end));
        this.#drop(read);
      } else if (errno === ECANCELED) this.#settle(read, slots, slot);
      else {
        read.alone = true;
        this.#push(read);
      }
      at = end;
    }
  }

  #push(read: PointRead): void {
    this.#queue.push(read);
    if (this.#queue.length === 1) this.#run?.wake();
  }

  /** Not before there is something to read: a store that only reads in bulk needs no run for this. */
  #start(): Run {
    const run = this.#engine.run(this);
    run.finished.catch((error) => this.#fail(error));
    return run;
  }

  /** Lets go of what a read holds. */
  #drop(read: PointRead): void {
    if (read.signal !== undefined) removeAbortable(read.signal, read);
    if (read.file === undefined) return;
    this.#files.release(read.file);
    read.file = undefined;
  }

  #reject(read: PointRead, error: unknown): void {
    read.reject(error);
    this.#drop(read);
  }

  /** Settles a read with its bytes, which are lent. */
  #give(read: PointRead, bytes: Uint8Array): void {
    const { into } = read;
    if (into === undefined) read.resolve(exactCopy(bytes));
    // After an abort the memory is the caller's again.
    else if (!read.aborted) {
      if (into.length < bytes.length) read.reject(tooSmall(bytes.length, into));
      else {
        into.set(bytes);
        read.resolve((into.length === bytes.length ? into : into.subarray(0, bytes.length)) as OwnedBytes);
      }
    }
  }

  /** Settles a read that isn't simply through. */
  #settle(read: PointRead, slots: ReadSlots, slot: number): void {
    const errno = slots.errno[slot]!;
    const bytes = slots.bytes[slot]!;
    if (errno === TOO_LARGE) this.#readLong(read, slots.total[slot]! || undefined);
    else if (errno === ECANCELED) this.#reject(read, new LsioError('closed', 'the store was closed'));
    else if (errno === CHANGED && read.file !== undefined) this.#readAnew(read);
    else if (errno !== 0) this.#failWith(read, errno, Math.max(0, slots.offset[slot]!) + bytes);
    else if (isEmpty(read)) this.#answer(read, new Uint8Array(0));
    else if (read.file !== undefined) this.#readAnew(read);
    else {
      this.#stat(read, ({ size }) => {
        const isPast = size <= read.offset;
        // It has grown, or states what isn't true, as files of sysfs do: a second read tells.
        const again = !isPast && !read.cameEmpty;
        read.cameEmpty = true;
        if (again) this.#push(read);
        else this.#reject(read, pastTheEndOf(read.path, read.offset, isPast ? size : undefined));
      });
    }
  }

  #answer(read: PointRead, outcome: Outcome | Promise<Outcome>): void {
    read.resolve(outcome);
    this.#drop(read);
  }

  #failWith(read: PointRead, errno: number, offset: number): void {
    if (errno === ENOENT || errno === ENOTDIR || errno === EISDIR) this.#answer(read, undefined);
    else this.#reject(read, failureOf(read.path, offset, errno));
  }

  /** The open file is not what was expected: the one under its name now may be longer. */
  #readAnew(read: PointRead): void {
    if (read.file !== undefined) {
      this.#files.drop(read.file);
      this.#files.release(read.file);
      read.file = undefined;
    }
    this.#push(read);
  }

  #readLong(read: PointRead, sizeBytes: number | undefined): void {
    const { path, offset, length, suffixLength, signal, into } = read;
    const point = { path, offset, length, suffixLength, signal, into, file: undefined };
    this.#answer(read, this.#onTooLarge(point, sizeBytes));
  }

  #stat(read: PointRead, then: (stats: Stats) => void): void {
    this.#sizing.add(read);
    stat(typeof read.path === 'string' ? read.path : Buffer.from(read.path), (error, stats) => {
      // What was closed meanwhile is rejected already.
      if (!this.#sizing.delete(read)) return;
      if (read.aborted) this.#drop(read);
      else if (error !== null) this.#failWith(read, -(error.errno ?? -EIO), read.offset);
      else then(stats);
    });
  }

  /** Nothing more will be read. */
  #fail(error: unknown): void {
    this.#failure = error;
    const reads = [...this.#sizing];
    for (let read of this.#bySlot) for (; read !== undefined; read = read.next) reads.push(read);
    this.#sizing.clear();
    for (let read = this.#queue.shift(); read !== undefined; read = this.#queue.shift()) reads.push(read);
    for (const read of reads) this.#reject(read, error);
  }
}

/** Whether no bytes are what a read may well bring. */
function isEmpty({ offset, length, suffixLength }: Point): boolean {
  return suffixLength >= 0 || length === 0 || (length === TO_END && offset === 0);
}

/** The error for memory that doesn't hold what is to be read, perhaps because it was transferred meanwhile. */
export function tooSmall(bytes: number, into: Uint8Array): LsioError {
  return new LsioError('usage', `into has ${into.length} bytes, the range has ${bytes}`);
}

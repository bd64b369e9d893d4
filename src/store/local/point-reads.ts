import { stat } from 'node:fs';
import { constants } from 'node:os';
import { type Engine, type ReadSource, type Run, TO_END } from '../../engine/engine.js';
import { failureOf, pastTheEndOf } from '../../engine/failure.js';
import { type ReadSlots, TOO_LARGE } from '../../engine/slots.js';
import { LsioError } from '../../errors.js';
import { OwnedMemory } from '../../memory/owned.js';
import { Fifo } from '../fifo.js';
import type { CachedFile, FileCache } from './file-cache.js';

const { ECANCELED, EISDIR, ENOENT, ENOTDIR } = constants.errno;

type Outcome = Uint8Array | undefined;

/** What is to be read: a range of a cached file, or a whole file. */
interface Point {
  readonly path: string;
  readonly offset: number;
  /** Bytes, or TO_END. */
  readonly length: number;
  readonly signal: AbortSignal | undefined;
  /** Memory of the caller, at least `length` bytes; undefined: the answer is in memory of its own. */
  readonly into: Uint8Array | undefined;
  /** Given with one user, which the read takes over. */
  readonly file: CachedFile | undefined;
}

/** Where `new Promise` leaves its functions: a closure for each promise would cost more than the rest of a read's JS. */
let resolveLatest: (outcome: Outcome | Promise<Outcome>) => void;
let rejectLatest: (error: unknown) => void;

function capture(resolve: typeof resolveLatest, reject: typeof rejectLatest): void {
  resolveLatest = resolve;
  rejectLatest = reject;
}

/** A read that somebody waits for. */
class PointRead implements Point {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
  readonly signal: AbortSignal | undefined;
  readonly into: Uint8Array | undefined;
  readonly promise: Promise<Outcome>;
  readonly resolve: typeof resolveLatest;
  readonly reject: typeof rejectLatest;
  file: CachedFile | undefined;

  constructor({ path, offset, length, signal, into, file }: Point) {
    this.path = path;
    this.offset = offset;
    this.length = length;
    this.signal = signal;
    this.into = into;
    this.file = file;
    this.promise = new Promise(capture);
    this.resolve = resolveLatest;
    this.reject = rejectLatest;
    signal?.addEventListener('abort', this);
  }

  /** The signal was aborted. The read itself finishes, and its outcome is dropped: settling twice does nothing. */
  handleEvent(): void {
    this.reject(this.signal?.reason);
  }
}

/** Reads one range or one file for a promise each; those asked for in the same turn go to the kernel together. */
export class PointReads implements ReadSource {
  readonly ended = false;
  readonly #files: FileCache;
  readonly #onTooLarge: (point: Point) => Promise<Outcome>;
  readonly #memory = new OwnedMemory();
  readonly #queue = new Fifo<PointRead>();
  readonly #bySlot: (PointRead | undefined)[];
  readonly #run: Run;
  /** Why nothing more will be read. */
  #failure: unknown;

  /** @param onTooLarge reads a file that doesn't fit in one piece. */
  constructor(engine: Engine, files: FileCache, onTooLarge: (point: Point) => Promise<Outcome>) {
    this.#files = files;
    this.#onTooLarge = onTooLarge;
    this.#bySlot = new Array<PointRead | undefined>(engine.info.queueDepth).fill(undefined);
    this.#run = engine.run(this);
    this.#run.finished.catch((error) => this.#fail(error));
  }

  /** @returns the bytes; undefined when there is no such file. */
  read(point: Point): Promise<Outcome> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const read = new PointRead(point);
    this.#queue.push(read);
    if (this.#queue.length === 1) this.#run.wake();
    return read.promise;
  }

  fill(slots: ReadSlots, free: Int32Array, count: number): number {
    const nowMs = this.#queue.length === 0 ? 0 : performance.now();
    let described = 0;
    while (described < count) {
      const read = this.#queue.shift();
      if (read === undefined) break;
      const slot = free[described++]!;
      this.#bySlot[slot] = read;
      if (read.file !== undefined) read.file = this.#files.renew(read.file, nowMs);
      slots.file[slot] = read.file?.file;
      slots.path[slot] = read.file === undefined ? read.path : undefined;
      slots.offset[slot] = read.offset;
      slots.length[slot] = read.length;
    }
    return described;
  }

  done(slots: ReadSlots, finished: Int32Array, count: number): void {
    for (let index = 0; index < count; index++) {
      const slot = finished[index]!;
      const read = this.#bySlot[slot]!;
      this.#bySlot[slot] = undefined;
      read.signal?.removeEventListener('abort', read);
      if (slots.errno[slot] === 0 && slots.bytes[slot]! > 0) this.#hand(read, slots.view(slot));
      else this.#settle(read, slots.errno[slot]!, slots.bytes[slot]!);
      if (read.file !== undefined) this.#files.release(read.file);
    }
  }

  /** Settles a read with its bytes, which are lent. */
  #hand(read: PointRead, bytes: Uint8Array): void {
    const { into } = read;
    if (into === undefined) read.resolve(this.#memory.copy(bytes));
    // After an abort the memory is the caller's again.
    else if (read.signal?.aborted !== true) {
      if (into.length < bytes.length) read.reject(tooSmall(bytes.length, into));
      else {
        into.set(bytes);
        read.resolve(into.length === bytes.length ? into : into.subarray(0, bytes.length));
      }
    }
  }

  /** Settles a read without bytes. */
  #settle(read: PointRead, errno: number, bytes: number): void {
    if (errno === ENOENT || errno === ENOTDIR || errno === EISDIR) read.resolve(undefined);
    else if (errno === TOO_LARGE) {
      // After an abort nobody would take what it rejects with.
      if (read.signal?.aborted !== true) read.resolve(this.#onTooLarge(read));
    } else if (errno === ECANCELED) read.reject(new LsioError('closed', 'the store was closed'));
    else if (errno !== 0) read.reject(failureOf(read.path, read.offset + bytes, errno));
    else if (read.length === 0 || (read.length === TO_END && read.offset === 0)) read.resolve(new Uint8Array(0));
    else {
      stat(read.path, (_, stats) => {
        read.reject(pastTheEndOf(read.path, read.offset, Math.min(stats?.size ?? 0, read.offset)));
      });
    }
  }

  /** Nothing more will be read. */
  #fail(error: unknown): void {
    this.#failure = error;
    for (let read = this.#queue.shift(); read !== undefined; read = this.#queue.shift()) read.reject(error);
    for (const read of this.#bySlot) read?.reject(error);
  }
}

/** The error for memory that doesn't hold what is to be read, perhaps because it was transferred meanwhile. */
export function tooSmall(bytes: number, into: Uint8Array): LsioError {
  return new LsioError('usage', `into has ${into.length} bytes, the range has ${bytes}`);
}

import type { Path, SharedFile } from '../engine/engine.js';
import { LsioError } from '../errors.js';
import type { ByteRange } from '../range.js';

/** A request says which part of a file it wants. */
export interface Ranged {
  /** Absent: the whole file. */
  readonly range?: ByteRange | undefined;
}

/** Bytes that stay good until they are released. Held leases take up the reader's memory: release them soon. */
export interface Lease {
  readonly bytes: Uint8Array;
  /** The memory is used again. A second call does nothing. */
  release(): void;
  [Symbol.dispose](): void;
}

interface ItemFacts<R> {
  /** The request's place among the requests, from 0. */
  readonly index: number;
  readonly request: R;
  /** Where `bytes` begin in the file, in bytes; of a failure, where it happened. */
  readonly offset: number;
  /** No more of this request follows. */
  readonly last: boolean;
}

/** Bytes of a request: all of them up to 8 MiB, else one of several parts, in order and with no other item between. */
export interface ReadValue<R> extends ItemFacts<R> {
  readonly ok: true;
  /** Good until the next batch is asked for. */
  readonly bytes: Uint8Array;
  readonly error?: undefined;
  /** Keeps the bytes for longer than the batch, without a copy. */
  lease(): Lease;
}

/** Why a request ends here. Parts of it that came before are of no use. */
export interface ReadFailure<R> extends ItemFacts<R> {
  readonly ok: false;
  readonly bytes?: undefined;
  readonly error: LsioError;
}

export type ReadItem<R> = ReadValue<R> | ReadFailure<R>;

/** Where an item stands. */
export const QUEUED = 0;
/** The size of its file is being asked for. */
export const SIZING = 1;
/** It is known what to read for it. */
export const PLANNED = 2;
export const READING = 3;
/** It has its bytes. */
export const READY = 4;
export const FAILED = 5;
/** In a batch of its taker's. */
export const DELIVERED = 6;
const RELEASED = 7;

/** What fewer bytes than asked for mean: that the file ends there. */
const ANY_LENGTH = 0;
/** That the file has changed: its size was asked for before. */
export const EXACT_LENGTH = 1;
/** The read asks for one byte more than the size that was stated: if it comes, there are more. */
export const PAST_STATED_END = 2;
/** The file states no size, and only the last bytes of what comes are wanted. */
export const LAST_BYTES = 3;

export const NO_BYTES: Uint8Array = new Uint8Array(0);
const NO_BUFFER = -1;

/** Where buffers of the engine are given back. */
export interface BufferPool {
  release(buffer: number, bytes: number): void;
}

/** A request, or a part of a long one, from when it is admitted until its bytes are given back. */
export class Item<R> {
  readonly index: number;
  readonly request: R;
  readonly path: Path;
  offset: number;
  bytes: Uint8Array = NO_BYTES;
  last = true;
  error: LsioError | undefined = undefined;
  state = QUEUED;
  /** Bytes to read, or TO_END. */
  length: number;
  lengthMeans = ANY_LENGTH;
  /** What it is read from; undefined: from its path. */
  file: SharedFile | undefined = undefined;
  /** O_DIRECT was refused: it is read through the page cache. */
  buffered = false;
  /** So many bytes were read, whether or not they are shown. */
  gotBytes = 0;
  /** What it counts for while it waits to be taken, in bytes. */
  waitingBytes = 0;
  /** The engine's buffer that `bytes` lie in; NO_BUFFER: they lie in memory of their own. */
  buffer = NO_BUFFER;
  bufferBytes = 0;
  pool: BufferPool | undefined = undefined;

  constructor(
    from: { readonly index: number; readonly request: R; readonly path: Path },
    offset: number,
    length: number,
  ) {
    this.index = from.index;
    this.request = from.request;
    this.path = from.path;
    this.offset = offset;
    this.length = length;
  }

  get ok(): boolean {
    return this.error === undefined;
  }

  /** It waits for no read. */
  get finished(): boolean {
    return this.state >= READY;
  }

  lease(): Lease {
    if (this.state !== DELIVERED) throw new LsioError('usage', 'the bytes of an item are leased before its batch ends');
    const lease = new BufferLease(this.bytes, this.pool, this.buffer, this.bufferBytes);
    this.buffer = NO_BUFFER;
    return lease;
  }

  release(): void {
    this.state = RELEASED;
    this.bytes = NO_BYTES;
    if (this.buffer === NO_BUFFER) return;
    this.pool?.release(this.buffer, this.bufferBytes);
    this.buffer = NO_BUFFER;
  }
}

class BufferLease implements Lease {
  bytes: Uint8Array;
  readonly #pool: BufferPool | undefined;
  readonly #bufferBytes: number;
  #buffer: number;

  constructor(bytes: Uint8Array, pool: BufferPool | undefined, buffer: number, bufferBytes: number) {
    this.bytes = bytes;
    this.#pool = pool;
    this.#buffer = buffer;
    this.#bufferBytes = bufferBytes;
  }

  release(): void {
    this.bytes = NO_BYTES;
    if (this.#buffer === NO_BUFFER) return;
    this.#pool?.release(this.#buffer, this.#bufferBytes);
    this.#buffer = NO_BUFFER;
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

import type { Slab } from '../memory/slab.js';
import type { Path, SharedFile } from './read.js';

/**
 * The reads that an engine has in hand, as columns: requests and results. A slot is a place in them,
 * 0 … depth-1. Columns, because an object per read would be garbage a million times a second.
 */
export class ReadSlots {
  /** The memory that all bytes are views of. */
  readonly memory: Uint8Array;

  // Asked, by the source.
  /** The source's own name for the read. */
  readonly tag: Float64Array;
  /** Read this path, opened for this read alone; or undefined, and `file` says which. */
  readonly path: (Path | undefined)[];
  readonly file: (SharedFile | undefined)[];
  /** Bytes from the beginning of the file. */
  readonly offset: Float64Array;
  /** Bytes, at most {@link BUFFER_BYTES_MAX}; or {@link TO_END}. */
  readonly length: Float64Array;
  /**
   * Read the last so many bytes, whatever `offset` and `length` say; -1, unless the source sets it: as those say. Of a
   * finished read `offset` says where its bytes begin. For engines over rings only.
   */
  readonly suffix: Float64Array;
  /**
   * Of a read by path: open it with O_DIRECT and widen the read to multiples of this; 0: buffered; -1, unless the source
   * sets it: as the run's options say. Of every finished read: how it was read in fact.
   */
  readonly alignBytes: Int32Array;

  // Came of it, for the source.
  /** 0, the errno that the read failed with, or {@link TOO_LARGE}, {@link NOT_REGULAR} or {@link CHANGED}. */
  readonly errno: Int32Array;
  /** How many bytes were read: fewer than asked only at the end of the file or after an error. */
  readonly bytes: Int32Array;
  /** Where they begin in `memory`. */
  readonly start: Int32Array;
  /** With {@link TOO_LARGE}: how long the file is, in bytes, as far as is known. Until then the engine's. */
  readonly total: Float64Array;

  /** Where the slot's buffer begins, or -1. The engine's. */
  readonly buffer: Int32Array;
  /** What `memory` is a view of: a view made of it directly costs two thirds of `subarray`. */
  readonly #backing: ArrayBufferLike;
  readonly #backingStart: number;
  readonly #slab: Slab;
  readonly #onRelease: () => void;
  #sourceLeases = 0;

  constructor(slab: Slab, depth: number, onRelease: () => void) {
    this.#slab = slab;
    this.#onRelease = onRelease;
    this.memory = slab.memory;
    this.#backing = slab.memory.buffer;
    this.#backingStart = slab.memory.byteOffset;
    this.tag = new Float64Array(depth);
    this.path = new Array<Path | undefined>(depth).fill(undefined);
    this.file = new Array<SharedFile | undefined>(depth).fill(undefined);
    this.offset = new Float64Array(depth);
    this.length = new Float64Array(depth);
    this.suffix = new Float64Array(depth).fill(-1);
    this.alignBytes = new Int32Array(depth).fill(-1);
    this.errno = new Int32Array(depth);
    this.bytes = new Int32Array(depth);
    this.start = new Int32Array(depth);
    this.total = new Float64Array(depth);
    this.buffer = new Int32Array(depth).fill(-1);
  }

  /** Buffers of the slab that are leased: those of reads in hand, those that sources hold, those that are lost. */
  get leases(): number {
    return this.#slab.leases;
  }

  /** Leases that sources hold. */
  get sourceLeases(): number {
    return this.#sourceLeases;
  }

  /** The bytes in leased buffers of the slab, those that sources hold included. */
  get leasedBytes(): number {
    return this.#slab.leasedBytes;
  }

  /** The bytes that were read, borrowed: a view of `memory`. */
  view(slot: number): Uint8Array {
    return new Uint8Array(this.#backing, this.#backingStart + this.start[slot]!, this.bytes[slot]!);
  }

  /** The size of the slot's buffer, in bytes; 0 when it has none. */
  bufferBytes(slot: number): number {
    const buffer = this.buffer[slot]!;
    return buffer < 0 ? 0 : this.#slab.sizeBytes(buffer);
  }

  /**
   * Leases the slot's buffer to the source beyond {@link ReadSource.done}, which must be running.
   *
   * @returns the lease, for {@link release}; -1 when the slot has no memory.
   */
  lease(slot: number): number {
    const buffer = this.buffer[slot]!;
    this.buffer[slot] = -1;
    if (buffer >= 0) this.#sourceLeases++;
    return buffer;
  }

  /** Ends a lease: its memory is read into again. */
  release(lease: number): void {
    if (lease < 0) return;
    this.#slab.release(lease);
    this.#sourceLeases--;
    this.#onRelease();
  }
}

/** In {@link ReadSlots.errno}: the file is longer than one buffer. Not an errno of any system. */
export const TOO_LARGE = 1_000_001;

/**
 * In {@link ReadSlots.errno}: a FIFO, socket or terminal, or a character device that was to be read to an end that it
 * doesn't have.
 */
export const NOT_REGULAR = 1_000_002;

/** In {@link ReadSlots.errno}: the size of the file kept changing while its last bytes were read. */
export const CHANGED = 1_000_003;

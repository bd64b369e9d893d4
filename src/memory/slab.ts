import { assert } from '../assert.js';

/** Buffers are whole pages: that satisfies the memory alignment of every O_DIRECT file. */
export const PAGE_BYTES = 4096;

const PAGE_SHIFT = 12;
/** What memory that was given back is overwritten with, under LSIO_DEBUG=1. */
export const POISON = 0xdb;

/**
 * Leases buffers of one block of memory, so that reads land in memory that is reused while it is hot in the CPU's cache.
 *
 * A binary buddy allocator: a buffer is a power-of-two number of pages; a released buffer goes on the stack of its size
 * and is the next to be leased. Buddies are joined only when a lease would fail otherwise, so that lease and release of
 * a steady size cost a push and a pop. A buffer is known by where it begins, in bytes from the start of `memory`.
 *
 * Each user has stacks of its own, and others' buffers only when it has none: what another CPU has just written to is slower
 * to write than memory.
 */
export class Slab {
  readonly memory: Uint8Array;
  readonly #sizeBytes: number;
  #leases = 0;
  /** Set by LSIO_DEBUG=1: released buffers are overwritten, so that a view kept too long shows. */
  readonly poisons: boolean;
  /** By user and size class. */
  readonly #free: number[][][] = [];
  readonly #sizeClasses: number;
  /** By page: who leased the buffer that begins here. */
  readonly #users: Uint8Array;
  /** By page: size class + 1 of the leased buffer that begins here, the negative of it for a free one, 0 for neither. */
  readonly #marks: Int8Array;

  /** @param memory a power of two of bytes, at least a page; page-aligned if the kernel is to read into it directly. */
  constructor(memory: Uint8Array, poison = process.env.LSIO_DEBUG === '1') {
    const pages = memory.byteLength / PAGE_BYTES;
    assert(Number.isInteger(Math.log2(pages)), `a slab of ${memory.byteLength} bytes is a power of two of pages`);
    this.memory = memory;
    this.#sizeBytes = memory.byteLength;
    this.poisons = poison;
    this.#marks = new Int8Array(pages);
    this.#users = new Uint8Array(pages);
    this.#sizeClasses = Math.log2(pages) + 1;
    this.#addUser();
    this.#pushFree(0, this.#sizeClasses - 1, 0);
  }

  /** How many buffers are leased. */
  get leases(): number {
    return this.#leases;
  }

  /** The bytes in leased buffers, each rounded up to its size. */
  get leasedBytes(): number {
    let bytes = 0;
    for (const mark of this.#marks) if (mark > 0) bytes += PAGE_BYTES << (mark - 1);
    return bytes;
  }

  /**
   * Where a buffer of at least `bytes` bytes begins, or -1 when none is free now.
   *
   * @param user 0 to 255, best those that there are in a row.
   */
  lease(bytes: number, user = 0): number {
    assert(bytes <= this.#sizeBytes, 'a buffer fits in the slab');
    const sizeClass = classOf(bytes);
    while (user >= this.#free.length) this.#addUser();
    // A free buffer of this size class nearly always exists.
    const at = this.#free[user]![sizeClass]!.pop() ?? this.#split(sizeClass, user);
    if (at >= 0) {
      this.#marks[at >>> PAGE_SHIFT] = sizeClass + 1;
      this.#users[at >>> PAGE_SHIFT] = user;
      this.#leases++;
    }
    return at;
  }

  /** The size of the buffer leased at `at`, in bytes. */
  sizeBytes(at: number): number {
    const mark = this.#marks[at >>> PAGE_SHIFT]!;
    assert(mark > 0, 'a buffer is leased where one is named');
    return PAGE_BYTES << (mark - 1);
  }

  /** Releases a buffer. Its bytes must not be used afterwards. */
  release(at: number): void {
    const mark = this.#marks[at >>> PAGE_SHIFT]!;
    assert(mark > 0, 'a buffer is leased where one is given back');
    this.#leases--;
    if (this.poisons) this.memory.fill(POISON, at, at + (PAGE_BYTES << (mark - 1)));
    this.#pushFree(at, mark - 1, this.#users[at >>> PAGE_SHIFT]!);
  }

  #addUser(): void {
    this.#free.push(Array.from({ length: this.#sizeClasses }, () => []));
  }

  /** A buffer out of a larger one, or of another user, or -1. */
  #split(sizeClass: number, user: number): number {
    let at = this.#takeLarger(sizeClass, user);
    if (at < 0) {
      this.#joinBuddies();
      at = this.#takeLarger(sizeClass, user);
    }
    return at;
  }

  #takeLarger(sizeClass: number, user: number): number {
    for (let from = sizeClass; from < this.#sizeClasses; from++) {
      const at = this.#free[user]![from]!.pop() ?? this.#takeOfOthers(from);
      if (at === undefined) continue;
      this.#marks[at >>> PAGE_SHIFT] = 0;
      // The upper halves of what was too large stay free, the lower part is the buffer.
      for (let half = from - 1; half >= sizeClass; half--) this.#pushFree(at + (PAGE_BYTES << half), half, user);
      return at;
    }
    return -1;
  }

  #takeOfOthers(sizeClass: number): number | undefined {
    return this.#free.find((stacks) => stacks[sizeClass]!.length > 0)?.[sizeClass]?.pop();
  }

  #pushFree(at: number, sizeClass: number, user: number): void {
    this.#marks[at >>> PAGE_SHIFT] = -1 - sizeClass;
    this.#free[user]![sizeClass]!.push(at);
  }

  #joinBuddies(): void {
    for (let sizeClass = 0; sizeClass < this.#sizeClasses - 1; sizeClass++) {
      const mark = -1 - sizeClass;
      const sizeBytes = PAGE_BYTES << sizeClass;
      for (const [user, stacks] of this.#free.entries()) {
        const alone: number[] = [];
        for (const at of stacks[sizeClass]!) {
          if (this.#marks[at >>> PAGE_SHIFT] !== mark) continue; // joined by its buddy, earlier in this loop
          const buddy = at ^ sizeBytes;
          if (this.#marks[buddy >>> PAGE_SHIFT] !== mark) {
            alone.push(at);
            continue;
          }
          this.#marks[at >>> PAGE_SHIFT] = 0;
          this.#marks[buddy >>> PAGE_SHIFT] = 0;
          this.#pushFree(at & ~sizeBytes, sizeClass + 1, user);
        }
        stacks[sizeClass] = alone;
      }
    }
  }
}

function classOf(bytes: number): number {
  return bytes <= PAGE_BYTES ? 0 : 32 - Math.clz32((bytes - 1) >>> PAGE_SHIFT);
}

import { assert } from '../assert.js';

/** Pieces are whole pages: that satisfies the memory alignment of every O_DIRECT file. */
export const PAGE_BYTES = 4096;

const PAGE_SHIFT = 12;
const POISON = 0xdb;

/**
 * Leases pieces of one block of memory, so that reads land in memory that is reused while it is hot in the CPU's cache.
 *
 * A binary buddy allocator: a piece is a power-of-two number of pages; a released piece goes on the stack of its size
 * and is the next to be leased. Buddies are joined only when a lease would fail otherwise, so that lease and release of
 * a steady size cost a push and a pop. A piece is known by where it begins, in bytes from the start of `memory`.
 */
export class Slab {
  readonly memory: Uint8Array;
  readonly #sizeBytes: number;
  /** Set by LSIO_DEBUG=1: released pieces are overwritten, so that a view kept too long shows. */
  readonly #poison: boolean;
  readonly #free: number[][] = [];
  /** By page: 0, or size class + 1 of the free piece that begins here. */
  readonly #freeClass: Uint8Array;
  /** By page: 0, or size class + 1 of the leased piece that begins here. */
  readonly #leasedClass: Uint8Array;
  #leasedBytes = 0;

  /** @param memory a power of two of bytes, at least a page; page-aligned if the kernel is to read into it directly. */
  constructor(memory: Uint8Array, poison = process.env.LSIO_DEBUG === '1') {
    const pages = memory.byteLength / PAGE_BYTES;
    assert(Number.isInteger(Math.log2(pages)), `a slab of ${memory.byteLength} bytes is a power of two of pages`);
    this.memory = memory;
    this.#sizeBytes = memory.byteLength;
    this.#poison = poison;
    this.#freeClass = new Uint8Array(pages);
    this.#leasedClass = new Uint8Array(pages);
    for (let sizeClass = 0; sizeClass <= Math.log2(pages); sizeClass++) this.#free.push([]);
    this.#pushFree(0, this.#free.length - 1);
  }

  /** The bytes in leased pieces, each rounded up to its size. */
  get leasedBytes(): number {
    return this.#leasedBytes;
  }

  /** Where a piece of at least `bytes` bytes begins, or -1 when none is free now. */
  lease(bytes: number): number {
    assert(bytes <= this.#sizeBytes, 'a piece fits in the slab');
    const sizeClass = classOf(bytes);
    let at = this.#take(sizeClass);
    if (at < 0) {
      this.#joinBuddies();
      at = this.#take(sizeClass);
      if (at < 0) return -1;
    }
    this.#leasedClass[at >>> PAGE_SHIFT] = sizeClass + 1;
    this.#leasedBytes += PAGE_BYTES << sizeClass;
    return at;
  }

  /** The size of the piece leased at `at`, in bytes. */
  sizeBytes(at: number): number {
    const mark = this.#leasedClass[at >>> PAGE_SHIFT]!;
    assert(mark !== 0, 'a piece is leased where one is named');
    return PAGE_BYTES << (mark - 1);
  }

  /** Gives a piece back. Nobody may look at its bytes afterwards. */
  release(at: number): void {
    const sizeBytes = this.sizeBytes(at);
    const page = at >>> PAGE_SHIFT;
    const sizeClass = this.#leasedClass[page]! - 1;
    if (this.#poison) this.memory.fill(POISON, at, at + sizeBytes);
    this.#leasedClass[page] = 0;
    this.#leasedBytes -= sizeBytes;
    this.#pushFree(at, sizeClass);
  }

  #take(sizeClass: number): number {
    let from = sizeClass;
    while (from < this.#free.length && this.#free[from]!.length === 0) from++;
    if (from === this.#free.length) return -1;
    const at = this.#free[from]!.pop()!;
    this.#freeClass[at >>> PAGE_SHIFT] = 0;
    // The upper halves of what was too large stay free, the lower part is the piece.
    while (from > sizeClass) {
      from--;
      this.#pushFree(at + (PAGE_BYTES << from), from);
    }
    return at;
  }

  #pushFree(at: number, sizeClass: number): void {
    this.#freeClass[at >>> PAGE_SHIFT] = sizeClass + 1;
    this.#free[sizeClass]!.push(at);
  }

  #joinBuddies(): void {
    for (let sizeClass = 0; sizeClass < this.#free.length - 1; sizeClass++) {
      const mark = sizeClass + 1;
      const sizeBytes = PAGE_BYTES << sizeClass;
      const alone: number[] = [];
      for (const at of this.#free[sizeClass]!) {
        if (this.#freeClass[at >>> PAGE_SHIFT] !== mark) continue; // joined by its buddy, earlier in this loop
        const buddy = at ^ sizeBytes;
        if (this.#freeClass[buddy >>> PAGE_SHIFT] !== mark) {
          alone.push(at);
          continue;
        }
        this.#freeClass[at >>> PAGE_SHIFT] = 0;
        this.#freeClass[buddy >>> PAGE_SHIFT] = 0;
        this.#pushFree(at & ~sizeBytes, mark);
      }
      this.#free[sizeClass] = alone;
    }
  }
}

function classOf(bytes: number): number {
  return bytes <= PAGE_BYTES ? 0 : 32 - Math.clz32((bytes - 1) >>> PAGE_SHIFT);
}

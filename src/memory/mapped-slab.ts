import { HUGE_PAGE_BYTES, type Mapping, mapMemory, preferHugePages } from '../native/libc.js';
import { viewMemory } from '../native/library.js';
import { PAGE_BYTES, Slab } from './slab.js';

/** Unmaps memory once no view of it is left. */
const unseen = new FinalizationRegistry<Mapping>((mapping) => mapping.unmap());

/**
 * A slab in memory of its own that kernel and threads know by its address; any number of rings read into it.
 *
 * In huge pages: a device is told of each piece of memory that lies apart, and reads of 256 KiB took twice as long into the
 * single pages that a system has left after a while.
 */
export class MappedSlab {
  readonly slab: Slab;
  readonly address: number;
  readonly lengthBytes: number;
  readonly #mapping: Mapping;

  /**
   * @param lengthBytes a power of two of pages.
   * @throws {LsioError} `unavailable` when the system has no memory to give.
   */
  constructor(lengthBytes: number) {
    this.#mapping = mapMemory(lengthBytes, PAGE_BYTES, HUGE_PAGE_BYTES);
    this.address = this.#mapping.address;
    this.lengthBytes = lengthBytes;
    preferHugePages(this.address, lengthBytes);
    this.slab = new Slab(new Uint8Array(viewMemory(this.address, lengthBytes)));
  }

  /** No ring reads into it any more. Whoever still has a view of it, rightly or not, must not crash. */
  retire(): void {
    unseen.register(this.slab.memory.buffer, this.#mapping);
  }
}
